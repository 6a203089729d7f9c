/** Says, above and across every page, that no real person made these numbers. */
export function Invented() {
  return (
    <>
      <aside class="invented" aria-label="About this data">
        <strong>Invented data.</strong> These developers do not exist; the numbers show what the page looks
        like.
      </aside>
      <svg class="watermark" aria-hidden="true">
        <defs>
          <pattern
            id="invented"
            width="340"
            height="220"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(-24)"
          >
            <text x="0" y="60">
              Invented data
            </text>
            <text x="170" y="170">
              Invented data
            </text>
          </pattern>
        </defs>
        <rect width="100%" height="100%" fill="url(#invented)" />
      </svg>
    </>
  );
}
