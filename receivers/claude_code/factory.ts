import { defineReceiver } from "#component/component.ts";
import { ClaudeCodeConfig } from "./config.ts";
import { ClaudeCodeReceiver } from "./receiver.ts";

/** Follows the transcripts that Claude Code writes on this machine. */
export const claudeCodeFactory = defineReceiver({
  type: "claude_code",
  stability: "alpha",
  summary: "Follows the transcripts of Claude Code: one record per request and per human prompt.",
  config: ClaudeCodeConfig,
  scope: ({ scope }) => scope,
  trial: {
    fileName: "session.jsonl",
    confine: (config, folder) => ({
      ...config,
      include: [`${folder.replaceAll("\\", "/")}/**/*.jsonl`],
      exclude: [],
    }),
  },
  create: (settings, config, host) => new ClaudeCodeReceiver(settings, config, host),
});
