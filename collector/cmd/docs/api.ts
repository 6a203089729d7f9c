import type { Access, RouteSpecs } from "../../../backend/domain/api/spec.ts";
import { ROUTES } from "../../../backend/domain/api/routes.ts";
import { openApi } from "../../../backend/domain/openapi.ts";
import { isAtLeast, ROLES } from "../../../backend/domain/role.ts";
import { jsonText } from "../config/json-schema.ts";
import { table } from "./table.ts";

export function openApiPage(): string {
  return `${jsonText(openApi(ROUTES))}\n`;
}

/** Who may call which route. */
export function rolesTable(): string {
  const routes: RouteSpecs = ROUTES;
  const rows = Object.entries(routes).map(([name, { access, summary }]) => [
    `\`${name}\``,
    ...ROLES.map((role) => (access.who === "member" && isAtLeast(role, access.role) ? "✓" : "")),
    otherwise(access),
    summary,
  ]);
  return table(["Route", ...ROLES, "Or", "What it does"], rows);
}

function otherwise(access: Access): string {
  if (access.who === "anyone") return "anyone";
  if (access.who === "agent") return "a machine, by its token";
  return access.scope === undefined ? "" : `key with \`${access.scope}\``;
}
