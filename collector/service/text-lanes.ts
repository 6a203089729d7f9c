import type { Plan } from "./plan.ts";

/*
 * Records with a text have queues of their own, so that no count waits for them: one per pipeline, encrypted, where
 * they wait to be worked on, and one per destination for what came of it. No id of a configuration has a colon.
 */

/** Where the pipeline's texts wait to be worked on. */
export function pendingLane(pipeline: string): string {
  return `text:${pipeline}`;
}

/** What a destination gets of texts: categories, hints, and content where that is allowed. */
export function contentLane(exporter: string): string {
  return `${exporter}:text`;
}

/** The destination that a queue belongs to. */
export function withoutLane(queue: string): string {
  return queue.endsWith(":text") ? queue.slice(0, -":text".length) : queue;
}

/** True for a queue whose batches are no requests and must be shown to nobody. */
export function isPendingLane(queue: string): boolean {
  return queue.startsWith("text:");
}

/** The pipeline whose texts wait in the queue. */
export function pipelineOf(pending: string): string {
  return pending.slice("text:".length);
}

/** The queue as somebody who reads of it knows it. */
export function queueTitle(queue: string): string {
  if (isPendingLane(queue)) return `texts to be read (${pipelineOf(queue)})`;
  const exporter = withoutLane(queue);
  return exporter === queue ? queue : `texts for ${exporter}`;
}

/** Everything that has a queue: exporters, the primary first, then the lanes of pipelines that may read text. */
export function queuesOf({ exporters, pipelines }: Pick<Plan, "exporters" | "pipelines">): string[] {
  const reading = pipelines.filter(({ mode }) => mode !== "off");
  const lanes = reading.flatMap(({ name, exporters: own }) => [pendingLane(name), ...own.map(contentLane)]);
  return [...new Set([...exporters.map(({ id }) => id), ...lanes])];
}
