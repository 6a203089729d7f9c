import * as z from "zod";
import { Email, Name } from "../domain/api/fields.ts";
import type { Role } from "../domain/role.ts";

const Id = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\x21-\x7e]+$/);
const Text = z.string().nullish();

const Organization = z.object({ id: Id, name: z.string() });
const Membership = z.object({
  role: z.string(),
  organization: z.object({ id: Id }),
  public_user_data: z.object({ user_id: Id, identifier: Text, first_name: Text, last_name: Text }),
});
const Deleted = z.object({ id: Id });

/** The messages that mean something here. `timestamp` is when it happened, in milliseconds since the Unix epoch. */
const base = { timestamp: z.number().optional() };
const Event = z.discriminatedUnion("type", [
  z.object({
    ...base,
    type: z.literal(["organizationMembership.created", "organizationMembership.updated"]),
    data: Membership,
  }),
  z.object({ ...base, type: z.literal("organizationMembership.deleted"), data: Membership }),
  z.object({
    ...base,
    type: z.literal(["organization.created", "organization.updated"]),
    data: Organization,
  }),
  z.object({ ...base, type: z.literal("organization.deleted"), data: Deleted }),
  z.object({ ...base, type: z.literal("user.deleted"), data: Deleted }),
  z.object({
    ...base,
    type: z.literal(["session.ended", "session.removed", "session.revoked"]),
    data: Deleted,
  }),
]);
export type ClerkEvent = z.output<typeof Event>;

const TYPES = new Set<string>(Event.options.flatMap(({ shape }) => [...shape.type.values]));

/** "other" for a message that means nothing here, undefined for one that is not what it should be. */
export function parseClerkEvent(payload: unknown): ClerkEvent | "other" | undefined {
  const type = z.object({ type: z.string() }).safeParse(payload).data?.type;
  if (type !== undefined && !TYPES.has(type)) return "other";
  return Event.safeParse(payload).data;
}

/** The organization that a message says it is about, believed or not. */
export function organizationIn(payload: unknown): string | undefined {
  const Named = z.object({
    data: z.union([
      z.object({ organization: z.object({ id: Id }) }).transform(({ organization }) => organization.id),
      z.object({ id: Id }).transform(({ id }) => id),
    ]),
  });
  return Named.safeParse(payload).data?.data;
}

/** Whoever is not named has the least. Owners are made here alone. */
const ROLES = new Map<string, Role>([
  ["org:admin", "admin"],
  ["org:owner", "admin"],
  ["org:manager", "manager"],
]);

/** Who a membership is about, in our words. */
export function personIn({ role, organization, public_user_data: user }: z.output<typeof Membership>) {
  const name = [user.first_name, user.last_name].filter(Boolean).join(" ");
  return {
    organization: organization.id,
    subject: user.user_id,
    email: Email.safeParse(user.identifier).data ?? "",
    label: nameFrom(name) ?? nameFrom(user.identifier ?? "") ?? "",
    role: ROLES.get(role) ?? "viewer",
  } as const;
}

/** As much of a text as a name may hold; undefined where nothing is left. */
export function nameFrom(text: string): string | undefined {
  const visible = text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return Name.safeParse(Array.from(visible).slice(0, 40).join("")).data;
}
