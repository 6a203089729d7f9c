/** Longer than an identity provider tries again. */
const SEEN_MS = 30 * 86_400_000;

/**
 * Part of the transaction that does what the message asks for: all of it is undone where the message was handled before.
 * `id` is the message's own.
 */
export function spendOnce(db: D1Database, id: string, nowMs: number): D1PreparedStatement {
  return db.prepare("INSERT INTO webhooks_seen (id, seen_at) VALUES (?1, ?2)").bind(id, nowMs);
}

/** Undefined where the message was handled before. */
export async function handleOnce<T>(handle: () => Promise<T>): Promise<T | undefined> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof Error && /UNIQUE constraint failed: webhooks_seen\./.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}

/** Messages that are too old to come again. */
export async function pruneSeen(db: D1Database, nowMs: number): Promise<number> {
  const { meta } = await db
    .prepare("DELETE FROM webhooks_seen WHERE seen_at <= ?1")
    .bind(nowMs - SEEN_MS)
    .run();
  return meta.changes;
}
