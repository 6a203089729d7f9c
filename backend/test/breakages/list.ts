import type { Breakage } from "./breakage.ts";
import { configurations } from "./configurations.ts";
import { ownMachines } from "./own-machines.ts";
import { people } from "./people.ts";
import { provider } from "./provider.ts";
import { teams } from "./teams.ts";
import { tokens } from "./tokens.ts";
import { trails } from "./trails.ts";

/** The checks that keep strangers out, each with the test that notices when it is gone. */
export const BREAKAGES: readonly Breakage[] = [
  ...teams,
  ...tokens,
  ...people,
  ...provider,
  ...configurations,
  ...trails,
  ...ownMachines,
];
