import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Dimension, Group } from "../../domain/report.ts";
import { dollars, formatCount, formatRatio, money } from "../format.ts";
import { keepOrder } from "../order.ts";
import { hitRatioOf } from "../tokens.ts";
import { DIMENSION_WORDS, labelOf } from "../words.ts";
import { Tokens } from "./tokens.tsx";
import { ListValue } from "./value.tsx";

interface Props {
  dimension: Dimension;
  title: string;
  groups: Group[];
  /** How a row's name is shown; the plain label without it. */
  nameOf?: (group: Group) => ComponentChildren;
  /** Bars that compare rows. Never for people. */
  compares: boolean;
  children?: ComponentChildren;
}

/** A table of one dimension. While somebody is inside it, live updates change its numbers but not its order. */
export function Breakdown({ dimension, title, groups, nameOf, compares, children }: Props) {
  const [visited, setVisited] = useState(false);
  const order = useRef<string[]>([]);
  const rows = visited ? keepOrder(order.current, groups, ({ key }) => key) : groups;
  order.current = rows.map(({ key }) => key);
  const largest = Math.max(0, ...groups.map((group) => dollars(money(group.listValue))));
  const id = `${dimension}-title`;
  return (
    <section class="card breakdown" aria-labelledby={id} data-dimension={dimension}>
      <h2 id={id}>{title}</h2>
      {children}
      <div
        class="scroll"
        role="region"
        aria-label={`${title}, table`}
        tabIndex={0}
        onFocusCapture={() => setVisited(true)}
        onBlurCapture={(event) => setVisited(holdsFocus(event))}
      >
        <table>
          <Head name={DIMENSION_WORDS[dimension]} />
          <tbody>
            {rows.map((group) => (
              <tr key={group.key} data-key={group.key}>
                <th scope="row">
                  {nameOf ? nameOf(group) : <span class="plain-label">{labelOf(dimension, group)}</span>}
                  {compares && <ShareBar part={dollars(money(group.listValue))} largest={largest} />}
                </th>
                <Cells group={group} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 && <p class="fine">Nothing in these days.</p>}
    </section>
  );
}

function holdsFocus(event: FocusEvent): boolean {
  return (
    event.currentTarget instanceof Node &&
    event.relatedTarget instanceof Node &&
    event.currentTarget.contains(event.relatedTarget)
  );
}

function Head({ name }: { name: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{name}</th>
        <th scope="col" class="figure">
          List value
        </th>
        <th scope="col" class="figure">
          Tokens
        </th>
        <th scope="col" class="figure">
          Requests
        </th>
        <th scope="col" class="figure">
          Sessions
        </th>
        <th scope="col" class="figure">
          Cache hits
        </th>
      </tr>
    </thead>
  );
}

function Cells({ group }: { group: Group }) {
  return (
    <>
      <td class="figure strong">
        <ListValue of={group} />
      </td>
      <td class="figure">
        <Tokens of={group} />
      </td>
      <td class="figure">{formatCount(group.requests)}</td>
      <td class="figure">{formatCount(group.sessions)}</td>
      <td class="figure">{formatRatio(hitRatioOf(group))}</td>
    </>
  );
}

function ShareBar({ part, largest }: { part: number; largest: number }) {
  return (
    <svg class="share-bar" viewBox="0 0 100 3" preserveAspectRatio="none" height="3" aria-hidden="true">
      <rect class="share-track" width="100" height="3" />
      <rect class="share-part" width={part > 0 ? Math.max(0.6, (part / largest) * 100) : 0} height="3" />
    </svg>
  );
}
