import type { Factory } from "#component/component.ts";

/** Every component that a configuration can name. */
export const components: readonly Factory[] = [];
