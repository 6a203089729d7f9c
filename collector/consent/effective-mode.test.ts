import { expect, it } from "vitest";
import { type Mode, MODES } from "#proto/egress.ts";
import { effectiveMode, type Say } from "./effective-mode.ts";

const accepted = (mode: Mode, sinceMs = 5) => ({ mode, sinceMs });
const team = (mode: Mode, expired = false) => ({ mode, expired });
const configured = (mode: Mode, by: Say["configured"]["by"] = "user") => ({ mode, by });

it.each<{ name: string; say: Say; mode: Mode; by: string }>([
  {
    name: "nobody says anything but the default",
    say: { configured: configured("off", "default"), team: undefined, accepted: undefined },
    mode: "off",
    by: "default",
  },
  {
    name: "a configuration without an acceptance",
    say: { configured: configured("full"), team: undefined, accepted: undefined },
    mode: "off",
    by: "consent",
  },
  {
    name: "a configuration that was accepted, without a team",
    say: { configured: configured("categorize_local"), team: undefined, accepted: accepted("full") },
    mode: "categorize_local",
    by: "user",
  },
  {
    name: "managed policy is the strictest",
    say: { configured: configured("off", "managed"), team: team("full"), accepted: accepted("full") },
    mode: "off",
    by: "managed",
  },
  {
    name: "the team is the strictest",
    say: { configured: configured("full"), team: team("categorize_local"), accepted: accepted("full") },
    mode: "categorize_local",
    by: "server",
  },
  {
    name: "the acceptance is the strictest",
    say: { configured: configured("full"), team: team("full"), accepted: accepted("categorize_cloud") },
    mode: "categorize_cloud",
    by: "consent",
  },
  {
    name: "all agree",
    say: { configured: configured("full"), team: team("full"), accepted: accepted("full") },
    mode: "full",
    by: "user",
  },
])("$name: $mode, set by $by", ({ say, mode, by }) => {
  expect(effectiveMode(say)).toMatchObject({ mode, setBy: by });
});

it("is never looser than anybody's word, whatever the others say", () => {
  for (const own of MODES)
    for (const teams of [undefined, ...MODES])
      for (const given of [undefined, ...MODES]) {
        const { mode } = effectiveMode({
          configured: configured(own),
          team: teams && team(teams),
          accepted: given && accepted(given),
        });
        for (const word of [own, teams ?? "full", given ?? "off"] as const)
          expect(MODES.indexOf(mode)).toBeLessThanOrEqual(MODES.indexOf(word));
      }
});

it("waits while the team's word has expired, and takes no text from before the acceptance", () => {
  const say = { configured: configured("full"), team: team("full", true), accepted: accepted("full", 7) };
  expect(effectiveMode(say)).toMatchObject({ isFresh: false, sinceMs: 7 });
  expect(effectiveMode({ ...say, accepted: undefined }).sinceMs).toBe(Number.POSITIVE_INFINITY);
});
