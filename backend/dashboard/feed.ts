import type { Me, Report, SessionRow } from "../domain/report.ts";
import { asFailure } from "./api.ts";
import type { Api, ApiFailure } from "./api.ts";
import { resolveRange } from "./range.ts";
import type { Range, View } from "./range.ts";

export interface SessionList {
  rows: SessionRow[];
  next: string | null;
  pages: number;
}

/** Everything the pages show. Replaced as a whole, so that numbers of two moments never stand side by side. */
export interface FeedState {
  me: Me | null;
  range: Range | null;
  report: Report | null;
  sessions: SessionList | null;
  /** What went wrong last; with data present the page keeps showing it and says that it is old. */
  failure: ApiFailure | null;
  /** An answer for a changed view is under way. */
  busy: boolean;
  /** Milliseconds since the epoch when the shown data arrived. */
  updatedAt: number | null;
}

export interface FeedPorts {
  api: Api;
  now: () => number;
  /** Pages nobody looks at do not ask. */
  isVisible: () => boolean;
}

export const POLL_MS = 2000;
/** A busy team's version changes with every poll. Its pages follow at most this often: at every second poll. */
export const FOLLOW_MS = 2 * POLL_MS;
const NOTHING: FeedState = {
  me: null,
  range: null,
  report: null,
  sessions: null,
  failure: null,
  busy: true,
  updatedAt: null,
};

/** Keeps the page's data current: asks for the version every two seconds, for the rest only when it changed. */
export class Feed {
  readonly #ports: FeedPorts;
  readonly #listeners = new Set<(state: FeedState) => void>();
  #state: FeedState = NOTHING;
  #view: View;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts refreshes; an answer to an older one is thrown away. */
  #round = 0;
  #polling = false;
  /** When a poll last led to a refresh, in milliseconds since the epoch. */
  #followedAt = Number.NEGATIVE_INFINITY;

  constructor(ports: FeedPorts, view: View) {
    this.#ports = ports;
    this.#view = view;
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Returns the function that ends the subscription; the last one to leave stops the polling. */
  subscribe(listener: (state: FeedState) => void): () => void {
    if (this.#listeners.size === 0) this.#start();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearTimeout(this.#timer);
    };
  }

  show(view: View): void {
    const asksAnew = view.by !== this.#view.by || !sameRange(view.range, this.#view.range);
    this.#view = view;
    if (!asksAnew) return;
    this.#set({ busy: true });
    void this.refresh();
  }

  retry(): void {
    this.#set({ busy: true });
    void this.refresh();
  }

  async signOut(): Promise<void> {
    try {
      await this.#ports.api.signOut();
      await this.refresh();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Fetches everything that is shown, as one picture. */
  async refresh(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    try {
      const picture = await this.#fetchAll();
      if (round !== this.#round) return;
      this.#set({ ...picture, failure: null, busy: false, updatedAt: this.#ports.now() });
    } catch (error) {
      if (round === this.#round) this.#fail(error);
    }
  }

  async loadMoreSessions(): Promise<void> {
    const { range, sessions } = this.#state;
    if (!range || !sessions || sessions.next === null) return;
    const round = this.#round;
    try {
      const page = await this.#ports.api.sessions(range, sessions.next);
      if (round !== this.#round) return;
      const rows = [...sessions.rows, ...page.sessions];
      this.#set({ sessions: { rows, next: page.next, pages: sessions.pages + 1 } });
    } catch (error) {
      if (round === this.#round) this.#fail(error);
    }
  }

  /** Asks whether anything changed. Called by the timer, and at once when the page becomes visible. */
  async poll(): Promise<void> {
    if (this.#polling || !this.#ports.isVisible()) return;
    this.#polling = true;
    try {
      const { version } = await this.#ports.api.version();
      const { report, me, failure } = this.#state;
      const isNew = version !== (report ?? me)?.version;
      const isDue = this.#ports.now() - this.#followedAt >= FOLLOW_MS;
      if (failure === null && !(isNew && isDue)) return;
      this.#followedAt = this.#ports.now();
      await this.refresh();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#polling = false;
    }
  }

  #start(): void {
    void this.refresh();
    this.#pollLater();
  }

  #pollLater(): void {
    this.#timer = setTimeout(() => {
      // Signed out stays so until somebody signs in: asking on would only fill the server's log.
      const polled = this.#state.failure?.kind === "signed_out" ? Promise.resolve() : this.poll();
      void polled.finally(() => this.#listeners.size > 0 && this.#pollLater());
    }, POLL_MS);
  }

  async #fetchAll(): Promise<Pick<FeedState, "me" | "range" | "report" | "sessions">> {
    const me = await this.#ports.api.me();
    const range = me.days && resolveRange(this.#view.range, me.days);
    if (!range) return { me, range: null, report: null, sessions: null };
    const [report, sessions] = await Promise.all([
      this.#ports.api.report(range, this.#view.by),
      this.#fetchSessions(range),
    ]);
    return { me, range, report, sessions };
  }

  /** As many pages as are open, so that a live update does not fold the list under the reader. */
  async #fetchSessions(range: Range): Promise<SessionList> {
    const pages = sameRange(range, this.#state.range) ? (this.#state.sessions?.pages ?? 1) : 1;
    const list: SessionList = { rows: [], next: null, pages: 0 };
    do {
      // oxlint-disable-next-line no-await-in-loop -- each page starts where the last one ended
      const page = await this.#ports.api.sessions(range, list.next);
      list.rows.push(...page.sessions);
      list.next = page.next;
      list.pages += 1;
    } while (list.next !== null && list.pages < pages);
    return list;
  }

  #fail(error: unknown): void {
    const failure = asFailure(error);
    if (failure.kind === "signed_out") this.#set({ ...NOTHING, busy: false, failure });
    else this.#set({ busy: false, failure });
  }

  #set(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

function sameRange(a: Range | null, b: Range | null): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}
