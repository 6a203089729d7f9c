import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { duration } from "#config/duration.ts";
import { loadConfig } from "#config/load.ts";
import { RECORDS, RESOURCE, SCOPE_VERSION } from "#proto/egress.ts";
import { planService } from "../service/plan.ts";
import { components } from "./components.ts";
import { currentPage, pages } from "./docs.ts";
import { egressPage } from "./docs/egress.ts";
import { settingsTable } from "./docs/settings.ts";
import { replaceBlock, table } from "./docs/table.ts";

it.each([...pages])("%s says what the code says; `npm run docs` writes it", (page, write) => {
  expect(currentPage(page)).toBe(write());
});

it.each(
  globSync("{*,docs/*,collector/decisions/*,{receivers,processors,exporters}/*/*}.md", {
    cwd: path.resolve(import.meta.dirname, "../.."),
  }),
)("every link of %s leads somewhere", (page) => {
  const links = [...currentPage(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
  const folder = path.resolve(import.meta.dirname, "../..", path.dirname(page));
  expect(links.filter((link) => !existsSync(path.resolve(folder, link)))).toEqual([]);
});

it("shows a configuration that can be run", () => {
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(currentPage("docs/configuration.md")) ?? [];
  const folder = mkdtempSync(path.join(tmpdir(), "talos-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "config.yaml");
  writeFileSync(file, example);
  const env = { TALOS_TOKEN: "an agent's token", TALOS_SALT: "a salt of some length" };
  const platform = { os: "linux", homeDir: folder, env } as const;
  expect(planService(loadConfig(file, platform), components, platform).pipelines).toHaveLength(1);
});

it("lists a setting with its default, its choices and its meaning, by its full path", () => {
  const schema = z.strictObject({
    path: z.string().describe("Where to write."),
    retry: z
      .strictObject({
        delay: duration().prefault("1s").describe("First wait."),
        mode: z.enum(["a", "b"]).default("a"),
      })
      .prefault({}),
    targets: z
      .record(z.string(), z.strictObject({ url: z.string().optional().describe("Address.") }))
      .default({}),
  });
  expect(settingsTable(schema)).toBe(
    table(
      ["Setting", "Default", "Meaning"],
      [
        ["`path`", "required", "Where to write."],
        ["`retry.delay`", "`1s`", "First wait."],
        ["`retry.mode`", "`a`", "One of `a`, `b`."],
        ["`targets.<id>.url`", "none", "Address."],
      ],
    ),
  );
});

it("names every attribute of the contract on its page", () => {
  const page = egressPage();
  const names = [...RECORDS.flatMap((rule) => rule.attributes), ...RESOURCE, SCOPE_VERSION].map(
    ({ name }) => name,
  );
  for (const name of names.filter((each) => each !== SCOPE_VERSION.name))
    expect(page).toContain(`\`${name}\``);
});

it("gives a reason for everything that mode off sends beyond the promise", () => {
  const off = [...RECORDS.flatMap((rule) => rule.attributes), ...RESOURCE, SCOPE_VERSION];
  const unexplained = off.filter(
    ({ modes, promise, reason }) => modes.includes("off") && promise === "exception" && !reason,
  );
  expect(unexplained).toEqual([]);
});

it("replaces a block and nothing around it", () => {
  expect(replaceBlock("a\n<!-- x -->\nold\n<!-- /x -->\nb", "x", "new")).toBe(
    "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb",
  );
});

it("refuses a page without the block", () => {
  expect(() => replaceBlock("a", "x", "new")).toThrow("has no <!-- x --> … <!-- /x -->");
});
