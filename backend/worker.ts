import { api } from "./http/api.ts";
import { sweepInbox } from "./http/inbox.ts";
import { postLogs, unknownPath } from "./http/logs.ts";
import { postClerkWebhook } from "./http/webhooks.ts";
import { secured } from "./http/security.ts";
import type { ApiBindings } from "./env.ts";
import { keepDeadLetters } from "./queue/dead.ts";
import { cleanUpSealed } from "./queue/nightly.ts";
import { pruneDeadLetters } from "./store/dead-letters.ts";

export { CategorizeGate } from "./objects/categorize-gate.ts";
export { TeamBucket } from "./objects/team-bucket.ts";

/** As in wrangler.toml; its other schedule is each minute. */
const NIGHTLY = "30 3 * * *";

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const url = new URL(request.url);
    ctx.waitUntil(sweepInbox(env, Date.now()));
    return secured(await route(url, request, env, ctx), url);
  },

  async queue(batch, env): Promise<void> {
    await keepDeadLetters(batch, env, Date.now());
  },

  async scheduled(controller, env): Promise<void> {
    if (controller.cron !== NIGHTLY) return sweepInbox(env, Date.now());
    await cleanUpSealed(env, controller.scheduledTime);
    await pruneDeadLetters(env.DEAD_LETTERS, controller.scheduledTime);
  },
} satisfies ExportedHandler<ApiBindings>;

async function route(url: URL, request: Request, env: ApiBindings, ctx: ExecutionContext): Promise<Response> {
  if (url.pathname === "/v1/logs") return postLogs(request, env);
  if (/^\/(?:api|local|v1\/enroll|v1\/agent|v1\/categorize)(?:\/|$)/.test(url.pathname))
    return api.fetch(request, env, ctx);
  if (/^\/v1(?:\/|$)/i.test(url.pathname)) return unknownPath(request);
  if (url.pathname === "/webhooks/clerk") return postClerkWebhook(request, env);
  return asset(url, request, env);
}

/** A build's file that is gone must not be answered by the page, which browsers would keep for a year in its place. */
async function asset(url: URL, request: Request, env: ApiBindings): Promise<Response> {
  const response = await env.ASSETS.fetch(request);
  const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
  return url.pathname.startsWith("/assets/") && isPage ? new Response(null, { status: 404 }) : response;
}
