import type { Message } from "../domain/event.ts";

const PAGE = 20;
/** A message still in the inbox after this is queued again; each time the wait doubles, up to about an hour. */
const WAIT_MS = 60_000;

export async function putInInbox(db: D1Database, messages: readonly Message[], nowMs: number): Promise<void> {
  const insert = db.prepare("INSERT INTO inbox (id, body, attempts, due_at) VALUES (?1, ?2, 0, ?3)");
  await db.batch(
    messages.map((message) => insert.bind(message.id, JSON.stringify(message), nowMs + WAIT_MS)),
  );
}

/** Hands what is due to the queue again; after a start, all of it. Repeats are harmless. Returns how many. */
export async function requeueInbox(
  db: D1Database,
  queue: Queue,
  due: { nowMs: number; all: boolean },
): Promise<number> {
  let after = "";
  let count = 0;
  for (;;) {
    const rows = await nextDue(db, after, due.all ? Number.MAX_SAFE_INTEGER : due.nowMs);
    const last = rows.at(-1);
    if (last === undefined) return count;
    for (const row of rows) await queue.send(JSON.parse(row.body));
    await postpone(db, rows, due.nowMs);
    after = last.id;
    count += rows.length;
  }
}

interface Row {
  id: string;
  body: string;
}

async function nextDue(db: D1Database, after: string, untilMs: number): Promise<Row[]> {
  const { results } = await db
    .prepare("SELECT id, body FROM inbox WHERE id > ?1 AND due_at <= ?2 ORDER BY id LIMIT ?3")
    .bind(after, untilMs, PAGE)
    .all<Row>();
  return results;
}

async function postpone(db: D1Database, rows: readonly Row[], nowMs: number): Promise<void> {
  await db
    .prepare(
      `UPDATE inbox SET attempts = attempts + 1, due_at = ?2 + (?3 << min(attempts + 1, 6))
        WHERE id IN (SELECT value FROM json_each(?1))`,
    )
    .bind(JSON.stringify(rows.map((row) => row.id)), nowMs, WAIT_MS)
    .run();
}

export async function removeFromInbox(db: D1Database, ids: readonly string[]): Promise<void> {
  await db
    .prepare("DELETE FROM inbox WHERE id IN (SELECT value FROM json_each(?1))")
    .bind(JSON.stringify(ids))
    .run();
}
