import { useState } from "preact/hooks";
import { formatCount } from "../format.ts";
import { foldedText, type Text } from "../timeline.ts";

const WORDS = {
  none: "No text is kept of it.",
  stored: "Kept, and not read.",
  unreadable: "It cannot be read any more: the text or the team's key is gone, or was changed.",
};

/** What somebody wrote, as text and never as markup. A long one is folded. */
export function Said({ text, of }: { text: Text; of: string }) {
  const [open, setOpen] = useState(false);
  if (text.state !== "shown" || text.value === null) {
    const size = text.state === "stored" ? ` ${formatCount(text.chars)} characters.` : "";
    return <p class="fine">{text.state === "shown" ? WORDS.unreadable : WORDS[text.state] + size}</p>;
  }
  const folded = foldedText(text.value);
  const verb = open ? "Fold" : `Show all ${formatCount(text.chars)} characters`;
  return (
    <>
      <pre class="said" dir="auto">
        {folded === undefined || open ? text.value : `${folded}…`}
      </pre>
      {folded !== undefined && (
        <button
          type="button"
          class="button"
          aria-expanded={open}
          aria-label={`${verb}: ${of}`}
          onClick={() => setOpen(!open)}
        >
          {verb}
        </button>
      )}
    </>
  );
}
