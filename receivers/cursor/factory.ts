import { defineReceiver } from "#component/component.ts";
import { CursorConfig } from "./config.ts";
import { CursorReceiver } from "./receiver.ts";

/** Follows the transcripts and databases that Cursor writes on this machine. */
export const cursorFactory = defineReceiver({
  type: "cursor",
  stability: "alpha",
  summary: "Follows the transcripts and the database of Cursor: one record per request and per human prompt.",
  config: CursorConfig,
  scope: ({ scope }) => scope,
  trial: {
    fileName: "conversation.jsonl",
    confine: (config, folder) => ({
      ...config,
      include: [`${folder.replaceAll("\\", "/")}/**/*.jsonl`],
      exclude: [],
      database: false,
    }),
  },
  create: (settings, config, host) => new CursorReceiver(settings, config, host),
});
