import { afterEach, beforeEach, expect, it } from "vitest";
import type { Balance } from "#state/types.ts";
import { countersOf, sinceEnrolment } from "./agent-counters.ts";
import { EnrolledMachine, FakeTeam } from "./testing.ts";

let team: FakeTeam;
let machine: EnrolledMachine;

beforeEach(async () => {
  team = await FakeTeam.start();
  machine = new EnrolledMachine(team);
});

afterEach(async () => {
  machine.dispose();
  await team.close();
});

const destination = (exporter: string, by: number) => ({
  exporter,
  spooled: 9 * by,
  acknowledged: 4 * by,
  rejected: 3 * by,
  parked: 2 * by,
  queued: by,
  purged: 0,
  skipped: {},
  configured: true,
  balanced: true,
});
const balance: Balance = {
  read: 20,
  dropped: { synthetic: 3, out_of_scope: 2 },
  open: 0,
  accepted: 15,
  destinations: [
    destination("otlp_http/talos", 1),
    destination("otlp_http/talos:text", 10),
    destination("file/canary", 100),
  ],
  balanced: true,
};

const QUEUES = { counts: ["otlp_http/talos"], texts: ["otlp_http/talos:text"] };

it("counts what was read and the deliveries to the team alone, and tells of no text that waits or was refused", () => {
  expect(countersOf({ balance }, QUEUES)).toEqual({
    read: 20,
    accepted: 15,
    dropped: 5,
    acknowledged: 44,
    rejected: 3,
    parked: 2,
    queued: 1,
  });
});

it("tells only what came after the enrolment, and begins anew with a lost state", () => {
  const first = countersOf({ balance }, QUEUES);
  const zeros = { read: 0, accepted: 0, dropped: 0, acknowledged: 0, rejected: 0 };
  expect(sinceEnrolment(machine.folder, first)).toEqual({ ...zeros, parked: 2, queued: 1 });
  const later = { ...first, read: 27, accepted: 22, queued: 8 };
  expect(sinceEnrolment(machine.folder, later)).toEqual({
    ...zeros,
    read: 7,
    accepted: 7,
    parked: 2,
    queued: 8,
  });
  const lost = { ...zeros, read: 3, accepted: 3, parked: 0, queued: 3 };
  expect(sinceEnrolment(machine.folder, lost)).toEqual(lost);
  expect(sinceEnrolment(machine.folder, { ...lost, read: 30 })).toEqual({ ...lost, read: 30 });
});
