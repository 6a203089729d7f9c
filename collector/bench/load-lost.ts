/**
 * The dev server that stands before the Workers says so where it lost its own connection to them, which it does on a
 * machine that is too busy: what was asked for may have been done, or not.
 */
export function isLost(status: number, text: string): boolean {
  return status === 500 && text.includes("Network connection lost");
}
