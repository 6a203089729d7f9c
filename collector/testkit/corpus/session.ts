import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Prose } from "./prose.ts";
import type { Random } from "./random.ts";
import { account, type Truth } from "./truth.ts";

export interface World {
  random: Random;
  prose: Prose;
  truth: Truth;
  clock: { ms: number };
}

/** What a later session may repeat. */
export interface Session {
  id: string;
  records: Json[];
}

type Json = Record<string, unknown>;

const MODELS = [
  "claude-opus-5",
  "claude-sonnet-5-5",
  "claude-sonnet-4-5-20250929",
  "claude-haiku-4-5-20251001",
] as const;
const ADVISOR = "claude-fable-5-1";

/** One session: its main file and its sub-agents'. */
export class SessionWriter {
  readonly #world: World;
  readonly #folder: string;
  readonly #id: string;
  readonly #base: Json;
  readonly #records: Json[] = [];
  #main: Buffer[] = [];
  #parent: string | null = null;
  #turn = "";

  constructor(world: World, folder: string, cwd: string) {
    this.#world = world;
    this.#folder = folder;
    this.#id = this.#local(world.random.uuid());
    this.#base = {
      isSidechain: false,
      userType: "external",
      cwd,
      sessionId: this.#id,
      version: `2.1.${world.random.between(90, 330)}`,
      gitBranch: `wip/${this.#canary("branch")}`,
      entrypoint: "cli",
    };
  }

  write(copied: Session | undefined): Session {
    const { random } = this.#world;
    if (random.chance(5)) this.#bytes([0xef, 0xbb, 0xbf]);
    if (copied !== undefined) this.#repeat(copied);
    for (let turns = random.between(1, 9); turns > 0; turns -= 1) this.#oneTurn();
    if (random.chance(40)) this.#subagent();
    this.#metadata();
    if (random.chance(25))
      this.#raw(JSON.stringify({ ...this.#base, type: "system", content: "half" }).slice(0, -9));
    this.#save(path.join(this.#folder, `${this.#id}.jsonl`), this.#main);
    return { id: this.#id, records: this.#records };
  }

  /** A resume repeats lines as they are; a fork puts its own session in, and may name the first one. */
  #repeat(from: Session): void {
    const { random } = this.#world;
    const fork = random.chance(60);
    const marked = random.chance(70);
    for (const record of from.records.slice(0, random.between(1, 60))) {
      // Without a mark, nothing would tell the copy of an answer without ids from an answer of its own.
      const marks = record["uuid"] !== undefined && (marked || isNameless(record));
      const mark = marks ? { session_id: from.id } : {};
      if (fork) this.#line({ ...record, ...mark, sessionId: this.#id });
      else this.#line(record);
    }
  }

  #oneTurn(): void {
    const { random } = this.#world;
    this.#prompt();
    for (let requests = random.between(1, 6); requests > 0; requests -= 1) this.#request();
    this.#noise();
  }

  #prompt(): void {
    const { random, truth } = this.#world;
    const text = `${this.#text(200, 3000)} ${this.#canary("prompt")}`;
    this.#turn = this.#local(random.uuid());
    if (random.chance(15) && this.#parent !== null) {
      this.#record({ type: "attachment", attachment: this.#queued(text, "human") });
    } else if (random.chance(30)) this.#user(`Please ${text}`, { promptId: this.#turn });
    else {
      const content = random.chance(50)
        ? text
        : [
            { type: "text", text },
            { type: "image", source: { data: "AAAA" } },
          ];
      const told = { promptId: this.#turn, promptSource: "typed", origin: { kind: "human" } };
      this.#user(content, told);
    }
    truth.prompts += 1;
    this.#line({ type: "last-prompt", lastPrompt: text.slice(0, 80), sessionId: this.#id });
    if (random.chance(20)) this.#notHuman(text);
  }

  #queued(prompt: string, kind: string): Json {
    return {
      type: "queued_command",
      prompt,
      commandMode: "prompt",
      origin: { kind },
      source_uuid: this.#world.random.uuid(),
    };
  }

  /** What stands where prompts stand and is none. */
  #notHuman(text: string): void {
    const { random } = this.#world;
    const promptId = this.#turn;
    const kinds: (() => void)[] = [
      () => this.#user("<command-name>/model</command-name>", { promptId }),
      () => this.#user(`<local-command-stdout>${text}</local-command-stdout>`, {}),
      () => this.#user(`\n <system-reminder>${text}</system-reminder>\n`, {}),
      () => this.#user([{ type: "text", text: "[Request interrupted by user for tool use]" }], { promptId }),
      () => this.#user(text, { isMeta: true }),
      () => this.#user(`This session is being continued from ${text}`, { isCompactSummary: true }),
      () => this.#user(text, { promptSource: "sdk" }),
      () => this.#user(text, { promptSource: "system", origin: { kind: "task-notification" } }),
      () => this.#record({ type: "attachment", attachment: this.#queued(text, "task-notification") }),
      () =>
        this.#line({
          type: "queue-operation",
          operation: "enqueue",
          timestamp: this.#now(),
          sessionId: this.#id,
          content: text,
        }),
    ];
    kinds[random.between(0, kinds.length - 1)]?.();
  }

  #request(): void {
    const { random, truth } = this.#world;
    const model = random.pick(MODELS);
    const usage = this.#usage(random.between(20, 3000));
    const gateway = random.chance(3);
    const ids = gateway ? this.#gatewayIds() : this.#ids();
    const search = random.chance(5) ? `toolu_${random.hex(20)}` : undefined;
    const blocks = this.#blocks(search);
    const advisor = !gateway && random.chance(4) ? random.between(10, 900) : 0;
    const last = { ...usage, ...(advisor > 0 && { iterations: this.#iterations(advisor) }) };
    for (const [i, block] of blocks.entries()) {
      const isLast = i === blocks.length - 1;
      const message = {
        model,
        id: ids.id,
        role: "assistant",
        content: [block],
        stop_reason: isLast ? "tool_use" : null,
        usage: isLast ? last : { ...usage, output_tokens: Math.min(usage.output_tokens, 3) },
      };
      const request = ids.requestId === undefined ? {} : { requestId: ids.requestId };
      this.#record({ type: "assistant", message, ...request, timestamp: ids.sameTime ?? this.#now() });
    }
    this.#accountUsage(model, usage);
    if (advisor > 0)
      account(truth, ADVISOR, {
        input: 500,
        output: advisor,
        cacheRead: 0,
        cacheWrite5m: 0,
        cacheWrite1h: 0,
      });
    if (!gateway && random.chance(4)) this.#replay();
    this.#results(blocks, search);
  }

  #ids(): { id: string; requestId: string | undefined; sameTime?: string } {
    const { random } = this.#world;
    const requestId = random.chance(85) ? this.#local(`req_${random.hex(20)}`) : undefined;
    return { id: this.#local(`msg_${random.hex(22)}`), requestId };
  }

  /** A gateway gives every answer the same id; without a request id the time has to tell them apart. */
  #gatewayIds(): { id: string; requestId: string | undefined; sameTime?: string } {
    const { random } = this.#world;
    if (random.chance(50)) return { id: "gw", requestId: this.#local(`req_${random.hex(20)}`) };
    return { id: "gw", requestId: undefined, sameTime: this.#now() };
  }

  #iterations(output: number): Json[] {
    return [
      { type: "message", model: null, input_tokens: 5, output_tokens: 7 },
      {
        type: "advisor_message",
        model: ADVISOR,
        input_tokens: 500,
        output_tokens: output,
        cache_creation: null,
      },
    ];
  }

  /** The last line again, under another request id: not a request. */
  #replay(): void {
    const { random } = this.#world;
    const last = this.#records.at(-1);
    if (last !== undefined) this.#line({ ...last, requestId: `req_${random.hex(20)}`, uuid: random.uuid() });
  }

  #blocks(search: string | undefined): Json[] {
    const { random } = this.#world;
    const blocks: Json[] = [];
    if (random.chance(40))
      blocks.push({ type: "thinking", thinking: this.#text(500, 9000), signature: random.hex(200) });
    if (random.chance(60))
      blocks.push({ type: "text", text: `${this.#text(300, 9000)} ${this.#canary("answer")}` });
    for (let tools = random.between(blocks.length > 0 ? 0 : 1, 2); tools > 0; tools -= 1) {
      const input = {
        file_path: `/x/${this.#canary("path")}`,
        command: this.#text(80, 4000),
        usage: { output_tokens: 5 },
      };
      blocks.push({
        type: "tool_use",
        id: `toolu_${random.hex(20)}`,
        name: random.pick(["Read", "Edit", "Bash"]),
        input,
      });
    }
    if (search !== undefined)
      blocks.push({ type: "tool_use", id: search, name: "WebSearch", input: { query: this.#text(30, 90) } });
    return blocks;
  }

  #results(blocks: Json[], search: string | undefined): void {
    const { random, truth } = this.#world;
    for (const block of blocks) {
      if (block["type"] !== "tool_use") continue;
      const content = `${this.#text(2500, 90_000)}${this.#canary("tool")}`;
      const searches = block["id"] === search ? random.between(1, 4) : 0;
      truth.searches += searches;
      const result =
        searches > 0
          ? { query: "q", results: [content], searchCount: searches }
          : {
              file: { content },
              usage: { input_tokens: 999_999, output_tokens: 999_999 },
              totalTokens: 999_999,
            };
      this.#user([{ tool_use_id: block["id"], type: "tool_result", content }], {
        promptId: this.#turn,
        toolUseResult: result,
      });
    }
  }

  #subagent(): void {
    const { random } = this.#world;
    const agentId = `a${random.hex(16)}`;
    const own = { ...this.#base, isSidechain: true, agentId };
    const lines: Buffer[] = [];
    const put = (record: Json) => lines.push(this.#encode(record));
    put({
      ...own,
      type: "user",
      uuid: random.uuid(),
      timestamp: this.#now(),
      message: { role: "user", content: `${this.#text(300, 900)}${this.#canary("task")}` },
    });
    for (let requests = random.between(1, 5); requests > 0; requests -= 1) {
      const usage = this.#usage(random.between(1, 900));
      const stop = random.chance(75) ? "end_turn" : null;
      const message = {
        model: MODELS[3],
        id: this.#local(`msg_${random.hex(22)}`),
        role: "assistant",
        content: [{ type: "text", text: this.#text(200, 3000) }],
        stop_reason: stop,
        usage,
      };
      const record = { ...own, type: "assistant", uuid: random.uuid(), timestamp: this.#now(), message };
      const told = random.between(1, 3);
      if (told !== 1) put(record);
      if (told !== 2) this.#progress(agentId, record);
      this.#accountUsage(MODELS[3], usage);
      if (stop === null) this.#world.truth.partial += 1;
    }
    const folder = path.join(this.#folder, this.#id, "subagents");
    mkdirSync(folder, { recursive: true });
    this.#save(path.join(folder, `agent-${agentId}.jsonl`), lines);
  }

  #progress(
    agentId: string,
    { uuid, timestamp, message }: { uuid: string; timestamp: string; message: Json },
  ): void {
    const data = {
      type: "agent_progress",
      agentId,
      prompt: "",
      message: { type: "assistant", message, uuid, timestamp },
    };
    this.#record({ type: "progress", data });
  }

  /** Lines that break readers and mean nothing. */
  #noise(): void {
    const { random } = this.#world;
    const zero = {
      input_tokens: 0,
      output_tokens: 0,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    };
    const kinds: (() => void)[] = [
      () =>
        this.#record({
          type: "assistant",
          isApiErrorMessage: true,
          message: {
            id: random.uuid(),
            model: "<synthetic>",
            content: [],
            stop_reason: "stop_sequence",
            usage: zero,
          },
        }),
      () =>
        this.#record({
          type: "assistant",
          message: {
            id: `msg_${random.hex(22)}`,
            model: MODELS[0],
            content: [],
            stop_reason: "end_turn",
            usage: { ...zero, speed: null, iterations: null },
          },
        }),
      () => this.#record({ type: "system", subtype: "turn_duration", durationMs: 5 }),
      () => this.#line({ type: "never-seen-before", payload: { usage: { output_tokens: 5 } } }),
      () =>
        this.#bytes([
          ...Buffer.from('{"type":"system","content":"'),
          0xff,
          0xfe,
          0xc0,
          ...Buffer.from('"}\n'),
        ]),
      () => this.#raw(`${"\0".repeat(64)}\n`),
      () => this.#raw('{"type":"assistant","message":{"id":"msg_x","usage":{"output_tok\n'),
      () => this.#raw("\n\r\n  \n"),
      () => this.#spaced(),
      () => this.#glued(),
      () => this.#torn(),
    ];
    kinds[random.between(0, kinds.length - 1)]?.();
  }

  /** A record that another program wrote again, with spaces and a carriage return. */
  #spaced(): void {
    const { usage, record } = this.#answer();
    this.#raw(`${JSON.stringify(record, null, 1).replaceAll(/\n */g, " ")}\r\n`);
    this.#accountUsage(MODELS[1], usage);
  }

  /** Two records without a newline between them. */
  #glued(): void {
    const [a, b] = [this.#answer(), this.#answer()];
    this.#raw(`${JSON.stringify(a.record)}${JSON.stringify(b.record)}\n`);
    this.#accountUsage(MODELS[1], a.usage);
    this.#accountUsage(MODELS[1], b.usage);
  }

  /** A write that was cut off, and the next record behind it. */
  #torn(): void {
    const lost = JSON.stringify(this.#answer().record);
    const { usage, record } = this.#answer();
    this.#raw(
      `${lost.slice(0, this.#world.random.between(20, lost.length - 30))}${JSON.stringify(record)}\n`,
    );
    this.#accountUsage(MODELS[1], usage);
  }

  #answer(): { usage: ReturnType<typeof usageOf>; record: Json } {
    const { random } = this.#world;
    const usage = this.#usage(random.between(20, 500));
    const content = [{ type: "text", text: this.#text(100, 400) }];
    const message = {
      model: MODELS[1],
      id: `msg_${random.hex(22)}`,
      role: "assistant",
      content,
      stop_reason: "end_turn",
      usage,
    };
    return {
      usage,
      record: {
        parentUuid: this.#parent,
        ...this.#base,
        type: "assistant",
        uuid: random.uuid(),
        timestamp: this.#now(),
        message,
      },
    };
  }

  #metadata(): void {
    const { random } = this.#world;
    const usage = { inputTokens: 99_999, outputTokens: 99_999, costUSD: 3 };
    if (random.chance(50))
      this.#line({
        type: "cost-state",
        sessionId: this.#id,
        totalCostUSD: 3,
        modelUsage: { [MODELS[1]]: usage },
      });
    if (random.chance(50))
      this.#line({ type: "ai-title", aiTitle: this.#canary("title"), sessionId: this.#id });
  }

  #usage(output: number): ReturnType<typeof usageOf> {
    return usageOf(this.#world.random, output);
  }

  #accountUsage(model: string, u: ReturnType<typeof usageOf>): void {
    account(this.#world.truth, model, {
      input: u.input_tokens,
      output: u.output_tokens,
      cacheRead: u.cache_read_input_tokens,
      cacheWrite5m: u.cache_creation.ephemeral_5m_input_tokens,
      cacheWrite1h: u.cache_creation.ephemeral_1h_input_tokens,
    });
  }

  #user(content: unknown, more: Json): void {
    this.#record({ type: "user", message: { role: "user", content }, ...more });
  }

  #record(own: Json): void {
    const uuid = this.#world.random.uuid();
    const record = { parentUuid: this.#parent, ...this.#base, uuid, timestamp: this.#now(), ...own };
    this.#parent = uuid;
    this.#records.push(record);
    this.#line(record);
  }

  #line(record: Json): void {
    this.#main.push(this.#encode(record));
  }

  #encode(record: Json): Buffer {
    return Buffer.from(`${JSON.stringify(record)}\n`);
  }

  #raw(text: string): void {
    this.#main.push(Buffer.from(text));
  }

  #bytes(bytes: number[]): void {
    this.#main.push(Buffer.from(bytes));
  }

  #save(file: string, parts: Buffer[]): void {
    const bytes = Buffer.concat(parts);
    writeFileSync(file, bytes);
    const { truth } = this.#world;
    truth.files += 1;
    truth.bytes += bytes.length;
    for (const byte of bytes) if (byte === 10) truth.lines += 1;
  }

  #now(): string {
    const { clock, random } = this.#world;
    clock.ms += random.between(100, 9000);
    return new Date(clock.ms).toISOString();
  }

  #text(typical: number, largest: number): string {
    const { prose, random } = this.#world;
    return prose.take(random, random.size(typical, largest));
  }

  /** An id of this machine: only a keyed hash of it may leave. */
  #local(id: string): string {
    this.#world.truth.canaries.push(id);
    return id;
  }

  #canary(kind: string): string {
    return this.#local(`planted-${kind}-${this.#world.random.hex(12)}`);
  }
}

function usageOf(random: Random, output: number) {
  const short = random.chance(60) ? random.between(1, 9000) : 0;
  const long = random.chance(40) ? random.between(1, 9000) : 0;
  return {
    input_tokens: random.between(1, 50),
    // Some versions left the flat count at 0 when the split was sent.
    cache_creation_input_tokens: random.chance(10) ? 0 : short + long,
    cache_read_input_tokens: random.between(0, 120_000),
    cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long },
    output_tokens: output,
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
    service_tier: random.pick(["standard", "priority", null]),
    inference_geo: random.pick(["us", "not_available", null]),
    speed: random.pick(["standard", "fast", null]),
  };
}

/** A gateway's answer with an id like all others and no request id. */
function isNameless(record: Json): boolean {
  const message: unknown = record["message"];
  return (
    record["requestId"] === undefined &&
    typeof message === "object" &&
    message !== null &&
    "id" in message &&
    message.id === "gw"
  );
}
