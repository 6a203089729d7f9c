import { sendBy } from "./api.ts";
import { isFlag, isShape } from "./guard.ts";

const send = sendBy((...request) => fetch(...request));
const isWays = isShape({ mail: isFlag });

/** Whether links to sign in are sent by mail here. */
export async function isMailSetUp(): Promise<boolean> {
  const response = await send("/api/sign-in");
  const ways: unknown = await response.json().catch(() => undefined);
  return isWays(ways) && ways.mail;
}

/** The answer is the same whether the address is a member's or not. */
export async function askForLink(email: string): Promise<void> {
  await send("/api/sign-in/link", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email }),
  });
}
