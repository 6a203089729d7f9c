import type { CategorizeCost, CategoryReport } from "../domain/category-report.ts";
import type { Dimension, LabelChange, Me, Report, SessionsPage, SignIn, Version } from "../domain/report.ts";
import {
  isApiError,
  isCategorizeCost,
  isCategoryReport,
  isMe,
  isReport,
  isSessionsPage,
  isVersion,
} from "./answers.ts";
import type { Guard } from "./guard.ts";
import type { Range } from "./range.ts";

/** `offline`: no answer. `signed_out`: 401. `refused`: any other status. `shape`: an answer this page cannot read. */
export type FailureKind = "offline" | "signed_out" | "refused" | "shape";

export class ApiFailure extends Error {
  readonly kind: FailureKind;
  /** The HTTP status, 0 without an answer. */
  readonly status: number;
  readonly code: string;

  constructor(kind: FailureKind, status: number, code: string) {
    super(`the server's answer cannot be used: ${kind}, status ${status}, code ${code}`);
    this.kind = kind;
    this.status = status;
    this.code = code;
  }
}

export interface Api {
  me(): Promise<Me>;
  version(): Promise<Version>;
  report(range: Range, by: Dimension): Promise<Report>;
  sessions(range: Range, cursor: string | null): Promise<SessionsPage>;
  categories(range: Range): Promise<CategoryReport>;
  categorizeCost(): Promise<CategorizeCost>;
  labelProject(hash: string, label: string): Promise<void>;
  labelDeveloper(id: string, label: string): Promise<void>;
  signIn(code: string): Promise<void>;
  signOut(): Promise<void>;
}

/** Longer than any report should take; a stalled connection must not look like a fresh page. */
const TIMEOUT_MS = 20_000;

export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Answers of success alone; everything else is thrown as an `ApiFailure`. */
export function sendBy(fetcher: typeof fetch): Send {
  return async (path, init = {}) => {
    let response: Response;
    try {
      response = await fetcher(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
    } catch {
      throw new ApiFailure("offline", 0, "no_answer");
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  };
}

export function connect(fetcher: typeof fetch): Api {
  const send = sendBy(fetcher);

  async function get<T>(path: string, guard: Guard<T>): Promise<T> {
    const response = await send(path);
    const body: unknown = await response.json().catch(() => undefined);
    if (!guard(body)) throw new ApiFailure("shape", response.status, "unexpected_answer");
    return body;
  }

  async function submit(method: "PUT" | "POST", path: string, body: LabelChange | SignIn): Promise<void> {
    await send(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  return {
    me: () => get("/api/me", isMe),
    version: () => get("/api/version", isVersion),
    report: (range, by) => get(`/api/report?${daysOf(range, { by })}`, isReport),
    sessions: (range, cursor) =>
      get(`/api/sessions?${daysOf(range, cursor === null ? {} : { cursor })}`, isSessionsPage),
    categories: (range) => get(`/api/categories?${daysOf(range)}`, isCategoryReport),
    categorizeCost: () => get("/api/categorize-cost", isCategorizeCost),
    labelProject: (hash, label) => submit("PUT", `/api/projects/${encodeURIComponent(hash)}`, { label }),
    labelDeveloper: (id, label) => submit("PUT", `/api/developers/${encodeURIComponent(id)}`, { label }),
    signIn: (code) => submit("POST", "/api/sign-in", { code }),
    signOut: async () => void (await send("/api/sign-out", { method: "POST" })),
  };
}

/** Of an answer's range too, which has more in it than a question may. */
function daysOf({ from, to }: Range, more: Record<string, string> = {}): URLSearchParams {
  return new URLSearchParams({ from, to, ...more });
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const body: unknown = await response.json().catch(() => undefined);
  const code = isApiError(body) ? body.error.code : "unknown";
  return new ApiFailure(response.status === 401 ? "signed_out" : "refused", response.status, code);
}

export function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure("shape", 0, "unexpected_error");
}
