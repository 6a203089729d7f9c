/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once: the state is safe at any moment. */
export function stopSignal(): { promise: Promise<string> } {
  const promise = new Promise<string>((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
  return { promise };
}
