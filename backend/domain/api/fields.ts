import * as z from "zod";

/**
 * Nothing that is invisible or turns the direction of what is written around it: names stand beside numbers, and one
 * must not look like another. Joiners stay, which some scripts and emoji need.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

/** A name that people give: one line, at most 80 UTF-16 units. */
export const Label = z
  .string()
  .trim()
  .max(80)
  .refine((text) => !HIDDEN.test(text));

export const Name = Label.refine((text) => text !== "");

/** Random, so that no id tells of another. */
function publicId(prefix: string) {
  return z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{24}$`));
}

export const DeveloperId = publicId("dev");
export const MemberId = publicId("mem");
export const AgentId = publicId("agt");
export const InviteId = publicId("inv");
export const EnrolmentTokenId = publicId("ent");
export const GroupId = publicId("grp");
export const ApiKeyId = publicId("key");

/** Milliseconds since the Unix epoch, UTC. */
export const Moment = z.int().nonnegative();

export const Email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** Where the next page begins. Made by the server and not to be read by anybody else. */
export const Cursor = z.string().regex(/^[A-Za-z0-9._-]{1,120}$/);

/** A page of a list: `next` is the cursor of the page behind it, null on the last. */
export function page<K extends string, T extends z.ZodType>(name: K, row: T) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed name widens to any string
  return z.object({ [name]: z.array(row), next: z.string().nullable() } as Record<K, z.ZodArray<T>> & {
    next: z.ZodNullable<z.ZodString>;
  });
}
