/** True when the client has it already. Also in its weak form, which is what proxies that compress make of it. */
export function isKnown(sent: string | undefined, tag: string): boolean {
  return (sent ?? "").split(",").some((known) => known.trim().replace(/^W\//, "") === tag);
}

/** Kept by who asked, who must ask each time. */
export function cached(tag: string): Record<string, string> {
  return { etag: tag, "cache-control": "private, no-cache" };
}
