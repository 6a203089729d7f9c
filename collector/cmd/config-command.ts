import { Command } from "commander";
import { yamlText } from "#config/yaml-text.ts";
import { components } from "./components.ts";
import { type Explained, explainKey, explainText } from "./config/explain.ts";
import { effectiveSettings, type Setting } from "./config/effective.ts";
import { configSchema, jsonText } from "./config/json-schema.ts";
import { rootNode } from "./config/schema-node.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

export function configCommand(): Command {
  const command = new Command("config")
    .description("The configuration in force: every value, where it comes from, and what can be set.")
    .addCommand(printCommand())
    .addCommand(explainCommand())
    .addCommand(schemaCommand());
  for (const each of command.commands)
    each.exitOverride().showHelpAfterError("(add --help to see what is possible)");
  return command;
}

interface PrintOptions {
  config?: string[];
  origin?: boolean;
  json?: boolean;
}

function printCommand(): Command {
  return new Command("print")
    .description("Print the configuration in force, defaults included. Secrets are masked, references shown.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--origin", "say of each value where it comes from: file and line, or default")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos config print
  talos config print --origin -c team.yaml -c mine.yaml
  talos config print --json | jq .service.batch
  talos config print --json --origin | jq '.[] | select(.from != "default")'

Exit codes: 0 printed, 2 the configuration cannot be used.`,
    )
    .action(({ config, origin, json }: PrintOptions) => {
      const { settings } = inForce(config);
      if (json === true) process.stdout.write(`${jsonText(asJson(settings, origin === true))}\n`);
      else process.stdout.write(yamlText(settings.map((each) => entryOf(each, origin === true))));
    });
}

function explainCommand(): Command {
  return new Command("explain")
    .description("Say of one setting which file wins, what it beats, what it means and its default.")
    .argument("<key>", "full path, for example processors.redaction.mode, or a group such as service.batch")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos config explain processors.redaction.mode
  talos config explain exporters.otlp_http/talos --json

Exit codes: 0 explained, 2 there is no such setting, or the configuration cannot be used.`,
    )
    .action((key: string, { config, json }: PrintOptions) => {
      const { settings, schema, tree } = inForce(config);
      const found = explainKey(key, { schema, tree, settings });
      if ("guess" in found) {
        const hint =
          found.guess === undefined ? "see `talos config print`" : `did you mean "${found.guess}"?`;
        process.stderr.write(`talos: there is no setting of this name; ${hint}\n`);
        process.exitCode = EXIT.usage;
      } else if (json === true) process.stdout.write(`${jsonText(explainJson(found))}\n`);
      else process.stdout.write(explainText(found));
    });
}

function schemaCommand(): Command {
  return new Command("schema")
    .description("Print the JSON Schema of the configuration, for editors.")
    .addHelpText(
      "after",
      `
Examples:
  talos config schema > talos.schema.json
  then, as the first line of the configuration:   # yaml-language-server: $schema=talos.schema.json`,
    )
    .action(() => {
      process.stdout.write(`${jsonText(configSchema(components))}\n`);
    });
}

/** Every setting of the configuration that a command names. */
export function inForce(config: string[] | undefined) {
  const { plan, tree } = readPlan(config);
  const schema = rootNode(components);
  const defaults = new Map([
    ["service.state_dir", plan.stateDir],
    ["service.config_dir", plan.configDir],
  ]);
  return { plan, schema, tree, settings: effectiveSettings({ tree }, { schema, defaults }) };
}

function entryOf({ path, value, origin }: Setting, withOrigin: boolean) {
  return withOrigin ? { path, value, comment: origin } : { path, value };
}

function asJson(settings: readonly Setting[], withOrigin: boolean): unknown {
  if (withOrigin) {
    return settings.map(({ path, value, from, origin, lost }) => ({
      key: path.join("."),
      value,
      from,
      origin,
      lost,
    }));
  }
  const root: Record<string, unknown> = {};
  for (const { path, value } of settings) place(root, path, value);
  return root;
}

function place(
  into: Record<string, unknown>,
  [first = "", ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const there: Record<string, unknown> = Object.hasOwn(into, first) ? Object(into[first]) : {};
  into[first] = there;
  place(there, rest, value);
}

function explainJson({ path, node, settings }: Explained): unknown {
  const facts = {
    key: path.join("."),
    meaning: node?.description,
    default: node?.default,
    choices: node?.enum,
  };
  return { ...JSON.parse(JSON.stringify(facts)), settings: asJson(settings, true) };
}
