import type { ClaudeCodeConfig } from "../../../receivers/claude_code/config.ts";
import { claudeCodeFactory } from "../../../receivers/claude_code/factory.ts";
import type { CursorConfig } from "../../../receivers/cursor/config.ts";
import { cursorFactory } from "../../../receivers/cursor/factory.ts";

interface Planned {
  id: string;
  factory: unknown;
  config: unknown;
}

export function isClaudeCode<T extends Planned>(planned: T): planned is T & { config: ClaudeCodeConfig } {
  return planned.factory === claudeCodeFactory;
}

export function isCursor<T extends Planned>(planned: T): planned is T & { config: CursorConfig } {
  return planned.factory === cursorFactory;
}
