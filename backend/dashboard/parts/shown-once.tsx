import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** A secret that nobody can see again once the page is left. */
export function ShownOnce({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    box.current?.focus();
    // The browser keeps a page that was left, as it was, for the way back.
    const leave = () => setGone(true);
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }, []);
  if (isGone) return null;
  return (
    <div class="shown-once" role="group" aria-label={title} tabIndex={-1} ref={box}>
      <p>
        <strong>{title}</strong> Copy it now: it is shown this once and stored nowhere.
      </p>
      {children}
    </div>
  );
}

/** Text to be copied whole: a secret, or a command with one in it. */
export function Copy({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without the clipboard it is at least marked.
      const range = document.createRange();
      if (code.current) range.selectNodeContents(code.current);
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
    }
  };
  return (
    <div class="copy">
      <span class="copy-label">{label}</span>
      <code ref={code}>{text}</code>
      <button type="button" class="button" aria-label={`Copy ${label}`} onClick={() => void copy()}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
