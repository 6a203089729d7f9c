const CTRL_C = "\u0003";

/** Hands over single keys of a terminal. Ctrl-C stays a SIGINT. The function returned ends it; nothing where stdin is no terminal. */
export function onKey(pressed: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const read = (chunk: Buffer) => {
    for (const key of chunk.toString("utf8")) {
      if (key === CTRL_C) process.emit("SIGINT");
      else pressed(key.toLowerCase());
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", read);
  return () => {
    stdin.off("data", read);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
