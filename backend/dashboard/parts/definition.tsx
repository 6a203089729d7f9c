import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  /** What is defined, as in "What is list value?" */
  term: string;
  children: ComponentChildren;
}

/** A button that opens a definition below it. Escape or a click elsewhere closes it; focus returns to the button. */
export function Definition({ term, children }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  // Before the panel is painted: an Escape that follows at once must find its listener.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const closeOutside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    document.addEventListener("keydown", closeOnEscape);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
      document.removeEventListener("keydown", closeOnEscape);
    };
  }, [open]);

  return (
    <span class="definition" ref={root}>
      <button
        type="button"
        class="info"
        ref={button}
        aria-label={`What is ${term}?`}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true">i</span>
      </button>
      <span class="definition-text" id={id} role="status">
        {open && <span class="definition-panel">{children}</span>}
      </span>
    </span>
  );
}
