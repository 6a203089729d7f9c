import { useEffect, useState } from "preact/hooks";

export interface Address {
  pathname: string;
  search: string;
}

const listeners = new Set<() => void>();

function read(): Address {
  return { pathname: location.pathname, search: location.search };
}

/** Goes to a page or view of this app; back and forward lead through them. */
export function go(path: string): void {
  if (path === location.pathname + location.search) return;
  history.pushState(null, "", path);
  for (const listener of listeners) listener();
}

/** Goes there without leaving the current address in the history. */
export function replace(path: string): void {
  history.replaceState(null, "", path);
  for (const listener of listeners) listener();
}

export function useAddress(): Address {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const update = () => setAddress(read());
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return address;
}
