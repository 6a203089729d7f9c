import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me, Report, SessionsPage } from "../domain/report.ts";
import { ApiFailure } from "./api.ts";
import type { Api } from "./api.ts";
import { Feed, POLL_MS } from "./feed.ts";
import { parseView } from "./range.ts";

/** A backend with a version, which counts the reports it gave. */
class TestApi {
  version = 1;
  failure: ApiFailure | null = null;
  reports: string[] = [];
  /** When set, reports wait for it. */
  gate: Promise<void> = Promise.resolve();
  data = true;

  readonly api: Api = {
    me: async () =>
      this.#answer({
        days: this.data ? { first: "2026-11-01", last: "2026-11-24" } : null,
        version: this.version,
      } as Me),
    version: async () => this.#answer({ version: this.version }),
    report: async (range, by) => {
      this.reports.push(`${range.from} ${range.to} ${by}`);
      const version = this.version;
      await this.gate;
      return this.#answer({ version, range } as unknown as Report);
    },
    sessions: async (_, cursor) =>
      this.#answer({
        sessions: [{ id: cursor ?? "first" }],
        next: `${cursor ?? ""}+`,
      } as unknown as SessionsPage),
    categories: () => Promise.reject(new Error("the feed does not ask for it")),
    categorizeCost: () => Promise.reject(new Error("the feed does not ask for it")),
    labelProject: async () => {},
    labelDeveloper: async () => {},
    signIn: async () => {},
    signOut: async () => {
      this.failure = new ApiFailure("signed_out", 401, "signed_out");
    },
  };

  #answer<T>(answer: T): T {
    if (this.failure) throw this.failure;
    return answer;
  }
}

let backend: TestApi;
let visible: boolean;
let feed: Feed;
let leave: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  backend = new TestApi();
  visible = true;
  feed = new Feed({ api: backend.api, now: () => Date.now(), isVisible: () => visible }, parseView(""));
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

async function open(): Promise<void> {
  leave = feed.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(0);
}
const wait = (polls: number) => vi.advanceTimersByTimeAsync(polls * POLL_MS + 1);

describe("the feed", () => {
  it("fetches the report again only when the version changed", async () => {
    await open();
    await wait(5);
    expect(backend.reports).toHaveLength(1);
    backend.version = 2;
    await wait(1);
    expect(backend.reports).toHaveLength(2);
    expect(feed.state.report?.version).toBe(2);
  });

  it("fetches the report of a busy team at most at every second poll, and misses no last change", async () => {
    await open();
    for (let poll = 0; poll < 30; poll += 1) {
      backend.version += 1;
      await wait(1);
    }
    expect(backend.reports).toHaveLength(16);
    await wait(2);
    expect(feed.state.report?.version).toBe(backend.version);
  });

  it("asks nothing while nobody looks, and at once when somebody does", async () => {
    await open();
    visible = false;
    backend.version = 2;
    await wait(30);
    expect(feed.state.report?.version).toBe(1);
    visible = true;
    await feed.poll();
    expect(feed.state.report?.version).toBe(2);
  });

  it("keeps what it shows when the connection is lost, and says so until it is back", async () => {
    await open();
    backend.failure = new ApiFailure("offline", 0, "no_answer");
    await wait(1);
    expect(feed.state).toMatchObject({ failure: { kind: "offline" }, report: { version: 1 } });
    backend.failure = null;
    await wait(1);
    expect(feed.state.failure).toBeNull();
  });

  it("shows nothing any more once signed out, and stops asking", async () => {
    await open();
    backend.failure = new ApiFailure("signed_out", 401, "expired");
    await wait(1);
    expect(feed.state).toMatchObject({ report: null, me: null, failure: { kind: "signed_out" } });
    const asked = vi.spyOn(backend.api, "version");
    await wait(5);
    expect(asked).not.toHaveBeenCalled();
  });

  it("shows nothing any more after a sign-out, and says so when it did not work", async () => {
    await open();
    vi.spyOn(backend.api, "signOut").mockRejectedValueOnce(new ApiFailure("offline", 0, "no_answer"));
    await feed.signOut();
    expect(feed.state).toMatchObject({ failure: { kind: "offline" }, report: { version: 1 } });
    await feed.signOut();
    expect(feed.state).toMatchObject({ report: null, me: null, failure: { kind: "signed_out" } });
  });

  it("throws an answer away that a newer question has overtaken", async () => {
    let release = () => {};
    backend.gate = new Promise((resolve) => (release = resolve));
    await open();
    backend.gate = Promise.resolve();
    feed.show(parseView("?from=2026-11-01&to=2026-11-02"));
    await vi.advanceTimersByTimeAsync(0);
    release();
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.state.range?.to).toBe("2026-11-02");
    expect(feed.state.report?.range.to).toBe("2026-11-02");
  });

  it("does not ask again when only the unit changed", async () => {
    await open();
    feed.show(parseView("?show=tokens"));
    await vi.advanceTimersByTimeAsync(0);
    expect(backend.reports).toHaveLength(1);
  });

  it("keeps the opened pages of sessions through a live update", async () => {
    await open();
    await feed.loadMoreSessions();
    backend.version = 2;
    await wait(1);
    expect(feed.state.sessions?.rows.map((row) => row.id)).toEqual(["first", "+"]);
  });

  it("waits for first data and then shows it by itself", async () => {
    backend.data = false;
    await open();
    expect(feed.state).toMatchObject({ report: null, busy: false, me: { days: null } });
    backend.data = true;
    backend.version = 2;
    await wait(1);
    expect(feed.state.report?.version).toBe(2);
  });
});
