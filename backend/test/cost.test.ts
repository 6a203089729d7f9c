import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { place } from "../queue/ingest.ts";
import { storeEvents } from "../store/ingest.ts";
import { enrol, messagesOf } from "./client.ts";
import { logsRequest, requestRecord, uid } from "./records.ts";

it("an event costs two rows; what a message touches beside them does not grow with its size", async () => {
  const ada = await enrol();
  const records = (from: number, size: number) =>
    Array.from({ length: size }, (_, n) => requestRecord({ uid: uid(from + n), session: "5".repeat(32) }));
  const rowsWritten = async (from: number, size: number) => {
    const events = messagesOf(ada, logsRequest(records(from, size))).flatMap((message) =>
      place(message, { timeZone: "UTC", retentionDays: 90 }),
    );
    const results = await storeEvents(env.DB, Number(ada.teamId), events, { ids: [] });
    return results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
  };
  await rowsWritten(1, 1);
  const [few, many, again] = [
    await rowsWritten(100, 14),
    await rowsWritten(200, 140),
    await rowsWritten(200, 140),
  ];
  // The event and its place in the index by session; then a rollup, a session's rollup and the version.
  expect({ few, many, again }).toEqual({ few: 14 * 2 + 3, many: 140 * 2 + 3, again: 0 });
});
