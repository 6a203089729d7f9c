import { MOST_SERIES } from "./stack.ts";

/** Line drawings laid over the colours, so that series differ without colour too. The first is plain. */
const LINES = [
  "",
  "M0 6L6 0M-1 1L1 -1M5 7L7 5",
  "M0 3H6",
  "M0 0L6 6M-1 5L1 7M5 -1L7 1",
  "M3 0V6",
  "M3 2.2v1.6M0 5.2v1.6M6 5.2v1.6M0 -.8v1.6M6 -.8v1.6",
  "M0 3H6M3 0V6",
];

/** Drawn once per page; `fill="url(#texture-2)"` uses it. */
export function Textures() {
  return (
    <svg class="textures" width="0" height="0" aria-hidden="true">
      <defs>
        {LINES.slice(0, MOST_SERIES).map((line, slot) => (
          <pattern key={slot} id={`texture-${slot}`} width="6" height="6" patternUnits="userSpaceOnUse">
            <path d={line} class="texture" />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}

/** Whether the slot has a texture at all. */
export function isTextured(slot: number | "rest"): slot is number {
  return typeof slot === "number" && slot > 0;
}

export function Swatch({ slot }: { slot: number | "rest" }) {
  return (
    <svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <rect width="12" height="12" rx="2.5" class={`series-${slot}`} />
      {isTextured(slot) && <rect width="12" height="12" rx="2.5" fill={`url(#texture-${slot})`} />}
    </svg>
  );
}
