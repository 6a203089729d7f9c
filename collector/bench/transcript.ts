import { randomUUID } from "node:crypto";

/** One request of an invented session, and the line behind it that makes it final at once. */
export function requestLines(session: string): string {
  const envelope = {
    parentUuid: null,
    isSidechain: false,
    userType: "external",
    cwd: "/home/mira/src/app",
    sessionId: session,
    version: "2.1.330",
    timestamp: new Date().toISOString(),
  };
  const usage = {
    input_tokens: 12,
    cache_read_input_tokens: 40_000,
    cache_creation_input_tokens: 900,
    output_tokens: 350,
  };
  const message = {
    id: `msg_01${randomUUID().replaceAll("-", "").slice(0, 22)}`,
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-6",
    content: [{ type: "text", text: "An invented answer." }],
    stop_reason: "end_turn",
    usage,
  };
  const lines = [
    { ...envelope, type: "assistant", uuid: randomUUID(), requestId: `req_${randomUUID()}`, message },
    { ...envelope, type: "system", uuid: randomUUID(), subtype: "turn_duration" },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
