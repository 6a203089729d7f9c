import { auditRoutes } from "./audit.ts";
import { documentRoutes } from "./document.ts";
import { agentRoutes } from "./agents.ts";
import { contentRoutes } from "./content.ts";
import { categoryRoutes } from "./categories.ts";
import { categorizeRoutes } from "./categorize.ts";
import { machineRoutes } from "./machine.ts";
import { memberRoutes } from "./members.ts";
import { ownMachineRoutes } from "./own-machines.ts";
import { reportRoutes } from "./reports.ts";
import { signInRoutes } from "./sign-in.ts";
import { teamRoutes } from "./team.ts";

/** Every route of the JSON API: the router, the reference and the dashboard's client are made from this table. */
export const ROUTES = {
  ...signInRoutes,
  ...memberRoutes,
  ...ownMachineRoutes,
  ...reportRoutes,
  ...teamRoutes,
  ...agentRoutes,
  ...machineRoutes,
  ...categorizeRoutes,
  ...categoryRoutes,
  ...auditRoutes,
  ...contentRoutes,
  ...documentRoutes,
};
