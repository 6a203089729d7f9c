/** The page's outline while the first numbers are on their way. */
export function Skeleton() {
  return (
    <div class="skeletons" role="status">
      <span class="visually-hidden">Loading the numbers…</span>
      <div class="skeleton skeleton-numbers" aria-hidden="true" />
      <div class="skeleton skeleton-chart" aria-hidden="true" />
      <div class="pair" aria-hidden="true">
        <div class="skeleton skeleton-table" />
        <div class="skeleton skeleton-table" />
      </div>
    </div>
  );
}
