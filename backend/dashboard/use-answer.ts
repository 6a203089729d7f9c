import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asFailure } from "./api.ts";
import type { ApiFailure } from "./api.ts";

export interface Answer<T> {
  data: T | null;
  failure: ApiFailure | null;
  busy: boolean;
  /** Asks again; resolves when the answer is shown. */
  reload: () => Promise<void>;
}

/** Asks once when the page opens, and again when told to. An answer to an older question is thrown away. */
export function useAnswer<T>(ask: () => Promise<T>): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, "reload">>({ data: null, failure: null, busy: true });
  const round = useRef(0);
  const asking = useRef(ask);
  asking.current = ask;
  const reload = useCallback(async () => {
    round.current += 1;
    const own = round.current;
    setState((before) => ({ ...before, busy: true }));
    try {
      const data = await asking.current();
      if (own === round.current) setState({ data, failure: null, busy: false });
    } catch (error) {
      if (own === round.current)
        setState((before) => ({ ...before, failure: asFailure(error), busy: false }));
    }
  }, []);
  useEffect(() => void reload(), [reload]);
  return { ...state, reload };
}

interface Page<T> {
  rows: T[];
  next: string | null;
}

export interface Pages<T> extends Answer<Page<T>> {
  /** Adds the next page to what is shown. */
  more: () => Promise<void>;
}

/** A list that comes in pages. After a change it begins anew, as long as it was. */
export function usePages<T>(ask: (cursor: string | undefined) => Promise<Page<T>>): Pages<T> {
  const wanted = useRef(1);
  const answer = useAnswer(async () => {
    const rows: T[] = [];
    let next: string | null = null;
    for (let page = 0; page < wanted.current; page += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each page starts where the last one ended
      const read: Page<T> = await ask(next ?? undefined);
      rows.push(...read.rows);
      next = read.next;
      if (next === null) break;
    }
    return { rows, next };
  });
  return {
    ...answer,
    more: async () => {
      wanted.current += 1;
      await answer.reload();
    },
  };
}
