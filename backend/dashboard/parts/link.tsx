import type { ComponentChildren } from "preact";
import { go } from "../address.ts";

interface Props {
  href: string;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

/** A link inside the app: an ordinary link to the browser, without loading the page anew. */
export function Link({ href, current = false, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} aria-current={current ? "page" : undefined} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
