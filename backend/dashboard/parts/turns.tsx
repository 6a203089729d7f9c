import { formatCount, formatDuration, formatMoney, formatTokens, money, plural } from "../format.ts";
import { type Entry, type Request, sumsOf, type Turn } from "../timeline.ts";
import { formatClock, formatMoment } from "../day.ts";
import { labelOf, SELECTED } from "../words.ts";
import { Said } from "./said.tsx";

/** Shorter waits are the pace of the work. */
const GAP_MS = 60_000;

/** What happened in a session, turn by turn. */
export function Turns({ turns, timeZone }: { turns: readonly Turn[]; timeZone: string }) {
  return (
    <ol class="turns">
      {turns.map((turn) => (
        <li key={turn.number}>
          {turn.gapMs >= GAP_MS && <p class="gap">{formatDuration(turn.gapMs)} later</p>}
          <div class="card turn">
            <Head turn={turn} timeZone={timeZone} />
            {turn.entries.map((entry, index) => (
              <Part key={index} entry={entry} turn={turn} timeZone={timeZone} />
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Head({ turn, timeZone }: { turn: Turn; timeZone: string }) {
  const { requests, tokens, listValue, unpriced, uncounted } = sumsOf(turn);
  return (
    <header class="turn-head">
      <h3>{turn.id === "" ? "Outside any turn" : `Turn ${formatCount(turn.number)}`}</h3>
      <p class="fine">
        {formatMoment(turn.at, timeZone)}
        {requests > 0 && ` · ${plural(requests, "request")}`}
        {requests > uncounted && ` · ${formatTokens(tokens)} tokens`}
        {uncounted > 0 && ` · ${formatCount(uncounted)} without token counts`}
        {requests > unpriced && ` · ${formatMoney(listValue)}`}
        {unpriced > uncounted && ` · ${formatCount(unpriced - uncounted)} without a known price`}
      </p>
    </header>
  );
}

function Part({ entry, turn, timeZone }: { entry: Entry; turn: Turn; timeZone: string }) {
  const { item, gapMs } = entry;
  const name = `${item.kind === "prompt" ? "prompt" : "answer"} of turn ${turn.number}`;
  return (
    <>
      {gapMs >= GAP_MS && <p class="gap">{formatDuration(gapMs)} later</p>}
      {item.kind === "request" ? (
        <RequestLine request={item} timeZone={timeZone} />
      ) : (
        <section class={`text ${item.kind}`} aria-label={name}>
          <p class="who">
            {item.kind === "prompt" ? "Prompt" : `Answer${item.model === "" ? "" : `, ${item.model}`}`}
          </p>
          <Said text={item.text} of={name} />
        </section>
      )}
    </>
  );
}

function RequestLine({ request, timeZone }: { request: Request; timeZone: string }) {
  const { at, model, source, via, origin, input, cacheRead, output, listValue, final } = request;
  const isCounted = input !== null || output !== null;
  const count = (tokens: number | null) => (tokens === null ? "unknown" : formatTokens(tokens));
  return (
    <p class="request">
      <span class="clock">{formatClock(at, timeZone)}</span>
      <span class="model">
        {model === "" ? "unknown model" : labelOf("model", { key: model, label: model })}
      </span>
      {source === "cursor" && model !== "" && (
        <span class="tag" title={SELECTED.meaning}>
          {SELECTED.label}
        </span>
      )}
      {source !== "" && (
        <span class="tag" title={via === "" ? "" : `told by its ${via}`}>
          {labelOf("source", { key: source, label: source })}
          {via === "" || via === "transcript" ? "" : `, by ${via}`}
        </span>
      )}
      {origin !== "main" && origin !== "" && <span class="tag">{origin}</span>}
      {!isCounted ? (
        <span>token counts not known</span>
      ) : (
        <span>
          {count(input)} in{cacheRead !== null && cacheRead > 0 && ` (${formatTokens(cacheRead)} from cache)`}
          , {count(output)} out
        </span>
      )}
      <span class="strong">
        {listValue === null ? (isCounted ? "no known price" : "") : formatMoney(money(listValue))}
      </span>
      {!final && <span class="tag">not final</span>}
    </p>
  );
}
