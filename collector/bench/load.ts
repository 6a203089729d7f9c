import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { LocalBackend } from "../../e2e/backend.ts";
import { Admin, type Work } from "./load-admin.ts";
import { LoadAgent, type Sample } from "./load-agent.ts";
import { checkStored, checkTrails, waitUntilStored } from "./load-count.ts";
import { Flood, RECORDS, TARGETS, type Target } from "./load-flood.ts";
import { MemoryWatch } from "./load-memory.ts";
import { LoadTeams } from "./load-teams.ts";
import { sleep } from "./processes.ts";
import { figure, median, percentile } from "./statistics.ts";

const TEAMS = 50;
const AGENTS_PER_TEAM = 2;
/** Teams whose administrators work all the time. */
const ADMINS = 5;
/** The flood's three targets take turns, so that what changes with time is the same for all of them. */
const PARTS = 18;

export const load: Benchmark = {
  name: "load",
  title: "Many teams at once",
  about:
    "100 machines of 50 teams send for five minutes to the Workers on this machine, each some twenty events every five " +
    "seconds, while administrators list, invite, revoke, change the mode and export. In a third of the time one more machine " +
    "sends far more than its team may. In another third it sends as much, and what the Workers would refuse goes to a server " +
    "beside it that only refuses: clients and Workers share the processor, and so the Workers' part in it can be told.",
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
  const partS = Math.max(3, Math.ceil(seconds / PARTS));
  const failures: unknown[] = [];
  const run = (each: { run(endMs: number): Promise<void> }) =>
    each.run(endMs).catch((error: unknown) => void failures.push(error));
  const working = [...agents, ...admins].map(run);
  try {
    for (let second = 0; performance.now() < endMs; second += 1) {
      if (second % 15 === 0) progress(`${second} of ${seconds} s`);
      if (second % partS === 0) flood.turnTo(TARGETS[(second / partS) % TARGETS.length] ?? "none");
      if (failures.length > 0) break;
      memory.look();
      await sleep(1_000);
    }
  } finally {
    await flood.end();
  }
  if (failures.length === 0) await Promise.all(working);
  if (failures.length > 0) throw failures[0];
  memory.look();
  return { agents, admins, flood, memory, senders: [...agents, flood] };
}

function findingOf({ agents, flood, admins, memory }: Run, stored: string): Finding {
  const samples = agents.flatMap((agent) => agent.samples);
  if (flood.samplesBeside("workers", samples).length === 0)
    throw new NotMeasuredError("no team could be brought over its bucket in this time");
  const done: Work[] = admins.flatMap((admin) => admin.done);
  const lost =
    [...agents, flood].reduce((sum, each) => sum + each.lost, 0) + admins.flatMap((a) => a.lost).length;
  const times = done.map(({ ms }) => ms);
  return {
    tables: [
      [
        ["`POST /v1/logs` of 100 machines", "requests", "median ms", "99th percentile ms", "largest ms"],
        row("while nobody sends too much", flood.samplesBeside("none", samples)),
        row("while another server refuses what is too much", flood.samplesBeside("control", samples)),
        row("while the Workers refuse it", flood.samplesBeside("workers", samples)),
        row("all of the time", samples),
      ],
      [
        ["administrators", "requests", "median ms", "99th percentile ms"],
        ["of 5 teams", figure(times.length), figure(median(times)), figure(percentile(times, 99))],
      ],
      [["MiB of the Workers' processes: start", "median", "largest", "end"], memory.row()],
    ],
    notes: [floodNote(flood, samples), stored, ...(lost === 0 ? [] : [lostNote(lost)])],
  };
}

function floodNote(flood: Flood, samples: readonly Sample[]): string {
  const p99 = (target: Target) => percentile(millisecondsOf(flood.samplesBeside(target, samples)), 99);
  const [over, control, none] = [p99("workers"), p99("control"), p99("none")];
  const { requests, taken } = flood;
  return (
    `Beside the team that is over its bucket the others' 99th percentile is ${figure(over / control)} times what it is ` +
    `while another server refuses what is too much, and ${figure(over / none)} times what it is without such a team. Of its ` +
    `${figure(requests.workers)} requests of ${figure(RECORDS)} events the Workers took ${figure(taken.workers)}; of the ` +
    `${figure(requests.control)} in the parts with the other server they took ${figure(taken.control)}.`
  );
}

function millisecondsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ ms }) => ms);
}

function row(name: string, samples: readonly Sample[]): string[] {
  const times = millisecondsOf(samples);
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
