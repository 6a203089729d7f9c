import type { documentRoutes } from "../domain/api/document.ts";
import { ROUTES } from "../domain/api/routes.ts";
import { openApi } from "../domain/openapi.ts";
import type { Handlers } from "./route-table.ts";

/** Made at the first question: it is the same until the next release. */
let made: Record<string, unknown> | undefined;

export const document: Handlers<typeof documentRoutes> = {
  "GET /api/openapi.json": async () => (made ??= openApi(ROUTES)),
};
