import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Answer } from "../use-answer.ts";
import { refusalWords } from "../settings-api.ts";

interface Props {
  title: string;
  /** What it is for, in a sentence or two. */
  about?: ComponentChildren;
  children?: ComponentChildren;
}

/** One subject of a settings page. */
export function Panel({ title, about, children }: Props) {
  const id = useId();
  return (
    <section class="card panel" aria-labelledby={id} tabIndex={-1}>
      <h2 id={id}>{title}</h2>
      {about !== undefined && <p class="fine">{about}</p>}
      {children}
    </section>
  );
}

interface LoadedProps<T> {
  answer: Answer<T>;
  children: (data: T) => ComponentChildren;
}

/** What was asked for, or why it is not there. What was shown before stays while it is asked again. */
export function Loaded<T>({ answer, children }: LoadedProps<T>) {
  const { data, failure, busy, reload } = answer;
  return (
    <>
      {failure !== null && (
        <div class="stale" role="alert">
          <span>
            {data !== null && <strong>This may be old. </strong>}
            {refusalWords(failure)}
          </span>
          <button type="button" class="button" disabled={busy} onClick={() => void reload()}>
            Try again
          </button>
        </div>
      )}
      {data === null && failure === null && <p role="status">Loading…</p>}
      {data !== null && <div class={busy ? "filled is-busy" : "filled"}>{children(data)}</div>}
    </>
  );
}

interface ListProps {
  label: string;
  head: string[];
  isEmpty: boolean;
  /** Shown in place of an empty table. */
  empty: string;
  next: string | null;
  onMore: () => Promise<void>;
  children: ComponentChildren;
}

/** A table that comes in pages. */
export function List({ label, head, isEmpty, empty, next, onMore, children }: ListProps) {
  if (isEmpty) return <p class="fine empty">{empty}</p>;
  return (
    <>
      <div class="scroll" role="region" aria-label={`${label}, table`} tabIndex={0}>
        <table class="stacks">
          <thead>
            <tr>
              {head.map((title) => (
                <th key={title} scope="col">
                  {title === "" ? <span class="visually-hidden">Actions</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
      {next !== null && (
        <button type="button" class="button more" onClick={() => void onMore()}>
          Show more
        </button>
      )}
    </>
  );
}
