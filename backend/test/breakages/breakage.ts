/** One check taken out of the code, and the test that must notice. */
export interface Breakage {
  /** What could happen then. */
  name: string;
  /** Where the check is, from the project's folder. */
  file: string;
  /** Text of one line, which the file holds exactly once. */
  find: string;
  /** What stands there instead. Statements keep their parameters, so that the check alone is gone. */
  replace: string;
  /** Fails then. */
  test: string;
}

type Entry = [name: string, find: string, replace: string];

/** Of one file, and one test. */
export function breakages(file: string, test: string, entries: readonly Entry[]): Breakage[] {
  return entries.map(([name, find, replace]) => ({ name, file, find, replace, test }));
}
