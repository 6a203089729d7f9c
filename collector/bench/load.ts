import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { LocalBackend } from "../../e2e/backend.ts";
import { Admin, type Work } from "./load-admin.ts";
import { Flood, LoadAgent, type Sample } from "./load-agent.ts";
import { checkStored, checkTrails, waitUntilStored } from "./load-count.ts";
import { MemoryWatch } from "./load-memory.ts";
import { LoadTeams } from "./load-teams.ts";
import { sleep } from "./processes.ts";
import { figure, median, percentile } from "./statistics.ts";

const TEAMS = 50;
const AGENTS_PER_TEAM = 2;
/** Teams whose administrators work all the time. */
const ADMINS = 5;

export const load: Benchmark = {
  name: "load",
  title: "Many teams at once",
  about:
    "100 machines of 50 teams send for five minutes to the Workers on this machine, each some twenty events every five " +
    "seconds, while administrators list, invite, revoke, change the mode and export. In the second half one more machine " +
    "sends far more than its team may. Clients and server share the processor.",
  run: measure,
};

async function measure({ quick, progress }: BenchOptions): Promise<Finding> {
  const backend = await LocalBackend.start();
  try {
    progress(`${TEAMS} teams`);
    const teams = await LoadTeams.make(backend, { teams: TEAMS, agents: AGENTS_PER_TEAM, admins: ADMINS });
    const run = await work(backend, teams, { seconds: quick ? 20 : 300, progress });
    progress("counting");
    const stored = await waitUntilStored(backend, run.senders);
    await checkTrails(run.admins);
    await backend.stop();
    return findingOf(run, stored + checkStored(backend, run.senders, run.admins));
  } finally {
    await backend.close();
  }
}

interface Run {
  agents: LoadAgent[];
  flood: Flood;
  /** All of the above. */
  senders: readonly (LoadAgent | Flood)[];
  admins: Admin[];
  memory: MemoryWatch;
}

async function work(
  backend: LocalBackend,
  teams: LoadTeams,
  { seconds, progress }: { seconds: number; progress: (text: string) => void },
): Promise<Run> {
  const endMs = performance.now() + seconds * 1_000;
  const agents = teams.machines.map((machine) => new LoadAgent(backend.url, machine));
  const admins = teams.owners.map((owner) => new Admin(backend.url, owner));
  const flood = new Flood(backend.url, teams.flooding);
  const memory = new MemoryWatch(backend.folder.workersPidFile);
  const failures: unknown[] = [];
  const run = (each: { run(endMs: number): Promise<void> }) =>
    each.run(endMs).catch((error: unknown) => void failures.push(error));
  const working = [...agents, ...admins].map(run);
  for (let second = 0; performance.now() < endMs; second += 1) {
    if (second % 15 === 0) progress(`${second} of ${seconds} s`);
    if (second === Math.floor(seconds / 2)) working.push(run(flood));
    if (failures.length > 0) break;
    memory.look();
    await sleep(1_000);
  }
  if (failures.length === 0) await Promise.all(working);
  if (failures.length > 0) throw failures[0];
  memory.look();
  return { agents, admins, flood, memory, senders: [...agents, flood] };
}

function findingOf({ agents, flood, admins, memory }: Run, stored: string): Finding {
  const samples = agents.flatMap((agent) => agent.samples);
  const { startedMs, refusedMs } = flood;
  if (flood.refused === 0)
    throw new NotMeasuredError("no team could be brought over its bucket in this time");
  const before = samples.filter(({ atMs }) => atMs < startedMs);
  const beside = samples.filter(({ atMs }) => atMs >= refusedMs);
  const p99 = (of: readonly Sample[]) =>
    percentile(
      of.map(({ ms }) => ms),
      99,
    );
  const done: Work[] = admins.flatMap((admin) => admin.done);
  const lost =
    [...agents, flood].reduce((sum, each) => sum + each.lost, 0) + admins.flatMap((a) => a.lost).length;
  const times = done.map(({ ms }) => ms);
  return {
    tables: [
      [
        ["`POST /v1/logs` of 100 machines", "requests", "median ms", "99th percentile ms", "largest ms"],
        row("before one team sends too much", before),
        row("while it is refused", beside),
        row("all of the time", samples),
      ],
      [
        ["administrators", "requests", "median ms", "99th percentile ms"],
        ["of 5 teams", figure(times.length), figure(median(times)), figure(percentile(times, 99))],
      ],
      [["MiB of the Workers' processes: start", "median", "largest", "end"], memory.row()],
    ],
    notes: [
      `Beside the team that is over its bucket the others' 99th percentile is ${figure(p99(beside) / p99(before))} times what it ` +
        `was before. Of its ${figure(flood.requests)} requests of ${figure(Flood.RECORDS)} events ` +
        `${figure(flood.refused)} were refused with 429.`,
      stored,
      ...(lost === 0 ? [] : [lostNote(lost)]),
    ],
  };
}

function row(name: string, samples: readonly Sample[]): string[] {
  const times = samples.map(({ ms }) => ms);
  return [
    name,
    figure(times.length),
    figure(median(times)),
    figure(percentile(times, 99)),
    figure(Math.max(...times)),
  ];
}

function lostNote(count: number): string {
  return (
    `The dev server lost its own connection to the Workers ${figure(count)} times, as it does on a machine that has other ` +
    "things to do: these were sent again, and what came of the first try is not counted on."
  );
}
