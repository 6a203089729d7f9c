import type { Noted, Place, Settings } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import { promptExcerpt } from "#proto/categories.ts";
import { Backoff } from "../../collector/helper/backoff.ts";
import { type Answer as HttpAnswer, retryAfterMs } from "../../collector/transport/answer.ts";
import { failureOf } from "../../collector/transport/failure.ts";
import { proxyFor } from "../../collector/transport/proxy.ts";
import { Transport } from "../../collector/transport/transport.ts";
import { readTrust } from "../../collector/transport/trust.ts";
import { parseAnswer } from "./answer.ts";
import type { CategorizeConfig } from "./config.ts";
import type { Asked, Model } from "./model.ts";

const CATEGORIZE_PATH = "/v1/categorize";

const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** A wrong token, a backend without this route: the same until somebody acts. */
const REFUSED_MS = 30 * 60_000;

/** Payment required: the team's monthly cap is reached. */
const OVER_CAP = 402;
/** The backend has no model to ask. */
const NOT_SET_UP = 501;
/** This prompt as it is will never be taken. */
const REFUSES_THIS = new Set([400, 413, 415, 422]);
const PASSES_BY_ITSELF = new Set([408, 425, 429, 500, 502, 503, 504, 511, 520, 521, 522, 523, 524, 529]);

/** The team's backend, which asks Claude Haiku. It keeps nothing; what it cannot take now stays here, encrypted. */
export class CloudModel implements Model {
  readonly method = "haiku";
  readonly #settings: Settings;
  readonly #config: CategorizeConfig;
  readonly #backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #transport: Transport | undefined;
  #closed = false;

  constructor(settings: Settings, config: CategorizeConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  /** A file of authorities is read now, so that a wrong one stops the start. All else is done when it is needed. */
  async start(): Promise<void> {
    if (this.#config.tls.ca_file !== undefined) this.#transport = await this.#open();
  }

  get #url(): URL {
    const { endpoint } = this.#config;
    if (endpoint === undefined) throw new Error("no endpoint is set");
    const url = new URL(endpoint);
    url.pathname = url.pathname.replace(/\/+$/, "") + CATEGORIZE_PATH;
    return url;
  }

  async #note(body: Uint8Array, place: Place | undefined): Promise<Noted | undefined> {
    return this.#settings.ledger?.leaving({
      destination: this.#settings.id,
      method: "POST",
      url: this.#url,
      body,
      type: "application/json",
      encoding: "identity",
      mode: "categorize_cloud",
      hasText: true,
      ...(place !== undefined && { places: [place] }),
      isTeams: true,
    });
  }

  async #open(): Promise<Transport> {
    const { proxy: configured, tls } = this.#config;
    const url = this.#url;
    if (url.protocol !== "https:") return new Transport(url, {});
    const { id, log, platform } = this.#settings;
    const { url: proxy, unusable } = proxyFor(url, configured, platform.env);
    if (unusable !== undefined) {
      log.warn("a variable names no http:// or https:// proxy: connecting directly", {
        processor: id,
        variable: unusable,
      });
    }
    return new Transport(url, { trust: await readTrust(this.#settings, tls, "processors"), proxy });
  }

  close(): void {
    this.#closed = true;
    this.#transport?.close();
  }

  async ask(prompt: string, signal: AbortSignal, place?: Place): Promise<Asked> {
    const { clock } = this.#settings;
    if (this.#closed || signal.aborted) return stopped();
    const late = new AbortController();
    const cancel = clock.after(this.#config.timeout, () => late.abort());
    let noted: Noted | undefined;
    try {
      const body = new TextEncoder().encode(JSON.stringify({ prompt: promptExcerpt(prompt) }));
      this.#transport ??= await this.#open();
      noted = await this.#note(body, place);
      const answer = await this.#transport.post(
        { ...this.#headers(body.length), ...noted?.headers },
        body,
        AbortSignal.any([signal, late.signal]),
      );
      const { status, receipt } = answer;
      const isTaken = status >= 200 && status < 300;
      noted?.answered({ status, isTaken, ...(receipt !== undefined && { receipt }) });
      return this.#judge(answer);
    } catch (error) {
      noted?.answered({ isTaken: false });
      if (signal.aborted) return stopped();
      if (late.signal.aborted) return this.#retry("no complete answer in time");
      const failure = failureOf(error);
      return this.#retry("reason" in failure ? failure.reason : "connection failed");
    } finally {
      cancel();
    }
  }

  #judge(answer: HttpAnswer): Asked {
    const { status, contentType = "", body, retryAfter } = answer;
    const reason = `POST answered ${status}`;
    if (status >= 200 && status < 300) {
      // A page that asks to sign in to a network answers 200, too.
      if (body === undefined || !/^application\/json\b/i.test(contentType)) {
        return this.#retry(`${reason}, but it is not the team's backend`);
      }
      this.#backoff.reset();
      const read = parseAnswer(new TextDecoder().decode(body));
      return read === undefined ? { kind: "rules", reason: "bad_answer" } : { kind: "answer", answer: read };
    }
    if (status === OVER_CAP) return { kind: "rules", reason: "over_cap" };
    if (status === NOT_SET_UP) return { kind: "rules", reason: "not_set_up" };
    if (REFUSES_THIS.has(status)) return { kind: "rules", reason: "refused" };
    if (PASSES_BY_ITSELF.has(status)) {
      return this.#retry(reason, retryAfterMs(retryAfter, this.#settings.clock.now()));
    }
    return { kind: "retry", afterMs: REFUSED_MS, reason };
  }

  #retry(reason: string, askedMs = 0): Asked {
    return { kind: "retry", afterMs: Math.max(askedMs, this.#backoff.next()), reason };
  }

  /** All that leaves beside the body: no host, system or user is named. */
  #headers(length: number): Record<string, string> {
    const { token, headers } = this.#config;
    const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()] as const);
    return {
      ...Object.fromEntries(own),
      ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
      "accept-encoding": "gzip",
      "content-type": "application/json",
      "content-length": String(length),
      "user-agent": `talos-auditor/${VERSION}`,
    };
  }
}

function stopped(): Asked {
  return { kind: "retry", afterMs: 0, reason: "stopped" };
}
