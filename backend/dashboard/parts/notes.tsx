import type { Report } from "../../domain/report.ts";
import { formatCount, formatTokens, plural } from "../format.ts";
import { SELECTED } from "../words.ts";

interface Note {
  title: string;
  text: string;
  /** What helps, as it is typed. */
  command?: string;
}

/** What the numbers do not say by themselves. */
export function Notes({ report }: { report: Report }) {
  return (
    <section class="card notes" aria-labelledby="notes-title">
      <h2 id="notes-title">How to read this</h2>
      <dl class="notes-list">
        {notesFor(report).map(({ title, text, command }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              {text}
              {command !== undefined && (
                <>
                  {" "}
                  <code>{command}</code>
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function notesFor({ totals }: Report): Note[] {
  const { requests, uncountedRequests: uncounted, selectedRequests: selected } = totals;
  return [
    {
      title: "List value is not your bill",
      text: "It is what the tokens would cost at public API prices. Seats, discounts and credits are not in it, so use it to compare days, models and projects.",
    },
    ...when(uncounted, {
      title: `${formatCount(uncounted)} of ${plural(requests, "request")} without token counts`,
      text: "Cursor writes no token counts to its files. These requests are in no token and no list value, and nothing is estimated in their place. Hooks let Cursor tell the counts of later requests; on each machine, or for all of them by its managed hooks:",
      command: "talos cursor-hooks install",
    }),
    ...when(totals.unpricedRequests - uncounted, {
      title: `${plural(totals.unpricedRequests - uncounted, "request")} without a known price`,
      text: `${formatTokens(totals.unpricedTokens)} tokens of models that are not in the price table, of a choice that Cursor made (Auto), or of input whose cached part is not known. They are in tokens and requests, and in no list value.`,
    }),
    ...when(selected, {
      title: `${plural(selected, "request")} to a model that was selected`,
      text: `${SELECTED.meaning} Its list value, where there is one, is that of the model that was selected.`,
    }),
    ...when(totals.partialRequests, {
      title: `${plural(totals.partialRequests, "request")} without a final count`,
      text: "They were cut off before the tool wrote their last line. They count as far as they were seen, and are corrected if more appears.",
    }),
    {
      title: "Where the numbers come from",
      text: "From the usage records that the tools keep on each developer's machine. What a tool did not record is unknown here, and never filled in with 0.",
    },
    {
      title: "Spend that no transcript shows",
      text: "Tools also make requests that they do not write down, such as titles, recaps and prompt suggestions. Cloud sessions, other machines and sessions kept out of the history are missing too: your bill can hold more than this page.",
    },
    {
      title: "Not for rating people",
      text: "More tokens are neither more work nor better work. Whatever can be ranked becomes a target, so people are not ranked here.",
    },
  ];
}

function when(count: number, note: Note): Note[] {
  return count > 0 ? [note] : [];
}
