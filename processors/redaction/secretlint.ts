import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { Finding } from "./finding.ts";

/** `filter-comments` lets a text switch detectors off; `gcp` looks at whole files by their names. */
const LEFT_OUT = /-(?:filter-comments|gcp)$/;
const PREFIX = /^.*secretlint-rule-/;

/** A rule of the preset, as far as it is used here. */
interface PresetRule {
  meta: { id: string };
  create(context: Context, options: object): { file?(source: Source): void | Promise<void> };
}

interface Context {
  sharedOptions: object;
  createTranslator(messages: object): (messageId: string) => object;
  report(descriptor: { range: readonly [number, number] }): void;
  ignore(descriptor: object): void;
}

interface Source {
  content: string;
  filePath: string | undefined;
  ext: string;
}

const preset: readonly PresetRule[] = rules;

/**
 * The detectors of secretlint's recommended preset. They are asked without secretlint's core, which would keep marks of
 * every run in memory and obey a `secretlint-disable` in the text. No message is made: messages quote values.
 */
export const SECRETLINT: readonly { name: string; find: (text: string) => Promise<Finding[]> }[] = preset
  .filter(({ meta }) => !LEFT_OUT.test(meta.id))
  .map((rule) => {
    const name = rule.meta.id.replace(PREFIX, "").replaceAll("-", "_");
    return { name, find: (text) => find(rule, name, text) };
  });

async function find(rule: PresetRule, name: string, content: string): Promise<Finding[]> {
  const found: Finding[] = [];
  const handler = rule.create(
    {
      sharedOptions: {},
      createTranslator: () => () => ({}),
      report: ({ range: [start, end] }) => void found.push({ start, end, rule: name, weak: true }),
      ignore: () => {},
    },
    {},
  );
  await handler.file?.({ content, filePath: undefined, ext: "" });
  return found;
}
