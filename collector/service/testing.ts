import type { Delivery, Exporter, SendResult } from "#component/component.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";

export const TEAM_KEY: Uint8Array = new TextEncoder().encode("a-team-salt-of-32-characters-012");

export const TO_TALOS: Delivery = {
  destination: "talos",
  corrections: true,
  grouping: "request",
  timing: "immediate",
};
export const TO_FOREIGN: Delivery = {
  destination: "foreign",
  corrections: false,
  grouping: "request",
  timing: "immediate",
};

/** Answers as it is told, the last answer again and again, and keeps what it took. */
export class ScriptedExporter implements Exporter {
  readonly requests: LogsRequest[] = [];
  readonly #answers: SendResult[];

  constructor(...answers: SendResult[]) {
    this.#answers = answers;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async send(request: LogsRequest): Promise<SendResult> {
    this.requests.push(request);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    return answer ?? { kind: "delivered", rejected: 0 };
  }
}

export function recordsOf(request: LogsRequest): LogRecord[] {
  return request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
}

export function attributeOf(record: LogRecord, name: string): string | number | undefined {
  const value = record.attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue));
}
