import type { Report } from "../../domain/report.ts";
import { share } from "../charts/stack.ts";
import { Swatch, isTextured } from "../charts/textures.tsx";
import { formatCount, formatTokens } from "../format.ts";
import { TOKEN_KINDS, tokensOf } from "../tokens.ts";
import { KIND_WORDS } from "../words.ts";

/** What kinds of tokens there were: prices differ by a factor of fifty between them. */
export function TokenKinds({ report: { totals } }: { report: Report }) {
  const all = tokensOf(totals);
  return (
    <section class="card kinds" aria-labelledby="kinds-title">
      <h2 id="kinds-title">Kinds of tokens</h2>
      <KindsBar counts={TOKEN_KINDS.map((kind) => totals[kind])} all={all} />
      <table>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Tokens</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {TOKEN_KINDS.map((kind, slot) => (
            <tr key={kind}>
              <th scope="row">
                <span class="kind-name">
                  <Swatch slot={slot} />
                  {KIND_WORDS[kind].label}
                </span>
                <span class="kind-meaning">{KIND_WORDS[kind].meaning}</span>
              </th>
              <td class="figure" title={formatCount(totals[kind])}>
                {formatTokens(totals[kind])}
              </td>
              <td class="figure quiet">{share(BigInt(totals[kind]), BigInt(all))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {totals.webSearches > 0 && (
        <p class="fine">{formatCount(totals.webSearches)} web searches are priced beside the tokens.</p>
      )}
    </section>
  );
}

function KindsBar({ counts, all }: { counts: number[]; all: number }) {
  let before = 0;
  return (
    <svg
      class="kinds-bar"
      viewBox="0 0 1000 14"
      preserveAspectRatio="none"
      width="100%"
      height="14"
      aria-hidden="true"
    >
      <rect class="kinds-empty" width="1000" height="14" />
      {counts.map((count, slot) => {
        const box = {
          x: all === 0 ? 0 : (before / all) * 1000,
          width: all === 0 ? 0 : (count / all) * 1000,
          height: 14,
        };
        before += count;
        return (
          <g key={slot}>
            <rect class={`series-${slot}`} {...box} />
            {isTextured(slot) && <rect fill={`url(#texture-${slot})`} {...box} />}
          </g>
        );
      })}
    </svg>
  );
}
