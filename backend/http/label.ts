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
