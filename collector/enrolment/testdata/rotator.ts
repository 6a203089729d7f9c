/** Exchanges the token of the machine in CONFIG_DIR once, as a running collector does when it is due. */
import { BackendClient } from "../backend-client.ts";
import { EnrolmentFolder } from "../folder.ts";
import { TokenRotation } from "../rotation.ts";

const folder = new EnrolmentFolder(process.env["CONFIG_DIR"] ?? "");
const enrolment = folder.read();
if (enrolment === undefined) throw new Error("the machine is not enrolled");

const clock = {
  now: () => Date.now(),
  after(ms: number, task: () => void) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
const client = new BackendClient({
  endpoint: enrolment.endpoint,
  tls: { system_cas: true },
  proxy: "none",
  platform: { os: "linux", homeDir: "/nowhere", env: {} },
  clock,
});
const rotation = new TokenRotation({ folder, client, clock, applied: async () => {} });
const { kind } = await rotation.rotateWhenDue(new AbortController().signal);
process.stdout.write(kind);
