import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that is answered with an error. The code is ours and constant: never a value or a parser's text. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: ContentfulStatusCode, code: string, headers: Record<string, string> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The caller may send the same again after `seconds`. */
export function unavailable(code: string, seconds: number): Refusal {
  return new Refusal(503, code, { "retry-after": String(seconds) });
}
