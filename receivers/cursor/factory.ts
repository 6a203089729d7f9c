import { defineReceiver } from "#component/component.ts";
import { CursorConfig } from "./config.ts";
import { CursorReceiver } from "./receiver.ts";

/** Follows the transcripts and databases that Cursor writes on this machine, and what its hooks tell. */
export const cursorFactory = defineReceiver({
  type: "cursor",
  stability: "alpha",
  summary:
    "Follows the transcripts, the database and the hooks of Cursor: one record per request and per human prompt.",
  config: CursorConfig,
  scope: ({ scope }) => scope,
  trial: {
    fileName: "conversation.jsonl",
    confine: (config, folder) => ({
      ...config,
      include: [`${folder.replaceAll("\\", "/")}/**/*.jsonl`],
      exclude: [],
      database: false,
      hooks: false,
    }),
  },
  create: (settings, config, host) => new CursorReceiver(settings, config, host),
});
