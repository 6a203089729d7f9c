import type { Platform } from "#component/component.ts";
import type { Keychain } from "#state/keychain.ts";
import type { PlanOptions } from "../options.ts";

/** What one look found. No text of a transcript, of a destination or of a secret, and no path of a project. */
export interface CheckResult {
  /** Stable, for scripts. */
  id: string;
  title: string;
  status: "ok" | "warn" | "fail" | "skip";
  detail: string;
  /** What to do; empty where there is nothing to do. */
  fix: string;
}

/** What one look says; its id and title are the check's. */
export type Finding = Pick<CheckResult, "status" | "detail" | "fix">;

export interface Subject {
  planned: PlanOptions;
  platform: Platform;
  offline: boolean;
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /** Bytes that this user may still write on the disk of a folder. */
  freeBytes(dir: string): number;
  keychain(): Promise<Keychain>;
}

export interface Check {
  id: string;
  title: string;
  look(subject: Subject): Finding | Promise<Finding>;
}

export const ok = (detail: string): Finding => ({ status: "ok", detail, fix: "" });
export const skip = (detail: string): Finding => ({ status: "skip", detail, fix: "" });
export const warn = (detail: string, fix: string): Finding => ({ status: "warn", detail, fix });
export const fail = (detail: string, fix: string): Finding => ({ status: "fail", detail, fix });

const ORDER = ["fail", "warn", "ok", "skip"] as const;

/** One of several: the worst status, and what each has to say. */
export function together(findings: readonly Finding[]): Finding {
  const status = ORDER.find((each) => findings.some((finding) => finding.status === each)) ?? "skip";
  return {
    status,
    detail: findings.map(({ detail }) => detail).join("; "),
    fix: [...new Set(findings.map(({ fix }) => fix))].filter((fix) => fix !== "").join("; "),
  };
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
