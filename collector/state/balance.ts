import { sum } from "./counters.ts";
import type { Balance, DestinationBalance, Pending } from "./types.ts";

export interface Books {
  counters: ReadonlyMap<string, number>;
  /** Records begun and not yet complete. */
  open: number;
  /** By `queued/<exporter>` and `parked/<exporter>`: what the rows hold, counted apart from the counters. */
  totals: ReadonlyMap<string, Pick<Pending, "records">>;
  configured: readonly string[];
}

/** Whether every record that was read is somewhere. What is queued is counted from rows, so a slip shows. */
export function balanceOf(books: Books): Balance {
  const { counters, open } = books;
  const accepted = counters.get("accepted") ?? 0;
  const dropped = reasons(counters, "dropped:", "");
  const read = (counters.get("read") ?? 0) + open;
  const destinations = exportersOf(books).map((exporter) => destinationOf(exporter, accepted, books));
  const squared = read === sum(Object.values(dropped)) + open + accepted;
  return {
    read,
    dropped,
    open,
    accepted,
    destinations,
    balanced: squared && destinations.every((destination) => destination.balanced),
  };
}

function destinationOf(exporter: string, accepted: number, books: Books): DestinationBalance {
  const { counters, totals } = books;
  const counted = (name: string) => counters.get(`${name}/${exporter}`) ?? 0;
  const held = (name: string) => totals.get(`${name}/${exporter}`)?.records ?? 0;
  const skipped = reasons(counters, "skipped:", `/${exporter}`);
  const purged = sum(Object.values(reasons(counters, "purged:", `/${exporter}`)));
  const [spooled, acknowledged, rejected] = [
    counted("spooled"),
    counted("acknowledged"),
    counted("rejected"),
  ];
  const [parked, queued] = [held("parked"), held("queued")];
  const configured = books.configured.includes(exporter);
  const kept = spooled === acknowledged + rejected + parked + queued + purged;
  const given = accepted === spooled + sum(Object.values(skipped));
  return {
    exporter,
    spooled,
    acknowledged,
    rejected,
    parked,
    queued,
    purged,
    skipped,
    configured,
    balanced: kept && (given || !configured),
  };
}

/** Accepted records that an exporter neither got nor skipped. */
export function missed(exporter: string, counters: ReadonlyMap<string, number>): number {
  const accepted = counters.get("accepted") ?? 0;
  const spooled = counters.get(`spooled/${exporter}`) ?? 0;
  return accepted - spooled - sum(Object.values(reasons(counters, "skipped:", `/${exporter}`)));
}

/** `prefix` ‖ reason ‖ `suffix`: a reason has no slash, so `a` never matches the counters of `b/a`. */
function reasons(
  counters: ReadonlyMap<string, number>,
  prefix: string,
  suffix: string,
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of counters) {
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue;
    const reason = name.slice(prefix.length, name.length - suffix.length);
    if (!reason.includes("/")) found[reason] = value;
  }
  return found;
}

function exportersOf({ counters, totals, configured }: Books): string[] {
  const names = new Set(configured);
  for (const name of [...counters.keys(), ...totals.keys()]) {
    const slash = name.indexOf("/");
    if (slash > 0 && /^(spooled|queued|parked)\//.test(name)) names.add(name.slice(slash + 1));
  }
  return [...names];
}
