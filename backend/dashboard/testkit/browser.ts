import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe-core finds on the page as it is. */
export async function violations(page: Page): Promise<string[]> {
  // Playwright's evaluate runs beside the page's content security policy, an injected script tag would not.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const checker = Reflect.get(window, "axe") as typeof axe;
    const { violations: found } = await checker.run(document);
    return found.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
  });
}
