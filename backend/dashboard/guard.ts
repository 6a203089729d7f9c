/** Says whether a value from outside has the type, without changing it. */
export type Guard<T> = (value: unknown) => value is T;
type Guarded<G> = G extends Guard<infer T> ? T : never;

/** Counts: whole and not negative. */
export const isCount: Guard<number> = (value): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
export const isNumber: Guard<number> = (value): value is number => Number.isFinite(value);
export const isText: Guard<string> = (value): value is string => typeof value === "string";
export const isFlag: Guard<boolean> = (value): value is boolean => typeof value === "boolean";
/** Whole picodollars: what BigInt() accepts and nothing else. */
export const isMoney: Guard<string> = (value): value is string => isText(value) && /^-?\d{1,40}$/.test(value);

export function isNullOr<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function isOneOf<const T extends string>(words: readonly T[]): Guard<T> {
  return (value): value is T => words.some((word) => word === value);
}

export function isListOf<T>(guard: Guard<T>): Guard<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(guard);
}

/** Fields that are not named are left alone, so that a newer server can add some. */
export function isShape<F extends Record<string, Guard<unknown>>>(
  fields: F,
): Guard<{ [K in keyof F]: Guarded<F[K]> }> {
  const entries = Object.entries(fields);
  return (value): value is { [K in keyof F]: Guarded<F[K]> } =>
    typeof value === "object" &&
    value !== null &&
    entries.every(([name, guard]) => guard(Reflect.get(value, name)));
}
