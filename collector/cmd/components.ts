import type { Factory } from "#component/component.ts";
import { debugFactory } from "../../exporters/debug/factory.ts";
import { fileFactory } from "../../exporters/file/factory.ts";
import { otlpHttpFactory } from "../../exporters/otlp_http/factory.ts";
import { categorizeFactory } from "../../processors/categorize/factory.ts";
import { cwdHashFactory } from "../../processors/cwd_hash/factory.ts";
import { redactionFactory } from "../../processors/redaction/factory.ts";
import { claudeCodeFactory } from "../../receivers/claude_code/factory.ts";
import { cursorFactory } from "../../receivers/cursor/factory.ts";

/** Every component of this program. A new one is a folder and a line here. */
export const components: readonly Factory[] = [
  claudeCodeFactory,
  cursorFactory,
  cwdHashFactory,
  redactionFactory,
  categorizeFactory,
  otlpHttpFactory,
  fileFactory,
  debugFactory,
];
