import { expect, it } from "vitest";
import { Scrubber, tellable, words } from "./redact.ts";

const scrub = new Scrubber({ homeDir: "/home/jane" }, ["jdoe"]);

it.each([
  ["/home/jane/.claude/projects", "~/.claude/projects"],
  ["/home/janet", "/home/janet"],
  ["run by jane and JDOE", "run by [user] and [user]"],
  ["janet", "janet"],
  ["0f8fad5b-d9cb-469f-a165-70867728950e", "[id]"],
  ["0123456789abcdef0123", "[id]"],
])("scrubs %s", (text, expected) => {
  expect(scrub.text(text)).toBe(expected);
});

it("scrubs names of fields, and every depth", () => {
  expect(scrub.deep({ jane: [{ at: "/home/jane/x", n: 1, none: null }] })).toEqual({
    "[user]": [{ at: "~/x", n: 1, none: null }],
  });
});

it.each([
  [5, 5],
  [true, true],
  ["30s", "30s"],
  ["256MiB", "256MiB"],
  ["[secret]", "[secret]"],
  ["${env:TALOS_TOKEN}", "${env:TALOS_TOKEN}"],
  ["${file:/srv/acme/token}", "${file:[path]}"],
  ["https://u:p@otel.example.com:4318/v1?key=1", "https://otel.example.com:4318/[path]"],
  ["http://proxy.example.com:3128", "http://proxy.example.com:3128"],
  ["http://[", "[address]"],
  ["127.0.0.1:13133", "127.0.0.1:13133"],
  ["/srv/acme", "[path]"],
  ["~/acme", "[path]"],
  [String.raw`C:\acme`, "[path]"],
  ["github.com/acme/*", "[text]"],
  ["x ${env:A}", "[text]"],
  [
    ["~/acme", { remote: "acme" }],
    ["[path]", { remote: "[text]" }],
  ],
])("tells of %j only %j", (value, expected) => {
  expect(tellable(value)).toEqual(expected);
});

it("keeps a word that the setting offers, and no other", () => {
  expect(tellable("debug", ["debug", "info"])).toBe("debug");
  expect(tellable("acme", ["debug", "info"])).toBe("[text]");
});

it.each([
  ["otlp_http/talos", "otlp_http/talos"],
  ["POST answered 401", "POST answered 401"],
  ["/srv/acme/app", "[text]"],
  ["~/acme", "[text]"],
  [3, 3],
])("a log field %j is told as %j", (value, expected) => {
  expect(words(value)).toBe(expected);
});
