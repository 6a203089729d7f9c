import { verifyWebhook } from "@clerk/backend/webhooks";

/**
 * Headers and body of a message that was signed with the secret within the last five minutes. `id` is the same each time
 * that a message is sent again.
 */
export async function verifiedPayload(
  headers: Headers,
  body: string,
  signingSecret: string,
): Promise<{ id: string; sentAtMs: number; payload: unknown } | undefined> {
  const request = new Request("https://webhook.invalid/", { method: "POST", headers, body });
  try {
    await verifyWebhook(request, { signingSecret });
  } catch {
    return undefined;
  }
  const id = headers.get("svix-id")?.trim() ?? "";
  const sentAtMs = Number.parseInt(headers.get("svix-timestamp") ?? "", 10) * 1000;
  return { id, sentAtMs, payload: parseJson(body) };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
