/** What a terminal shows of a text: its width, its beginning, and nothing that moves the cursor. */

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line, at most so many columns wide. */
export function cut(text: string, columns: number): string {
  let used = 0;
  let shown = "";
  const line = text.replaceAll(/\s*[\r\n\t]\s*/g, " ").replaceAll(UNSEEN, "?");
  for (const character of line) {
    const width = WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
    if (used + width > columns - 1 && shown.length + character.length < line.length) return `${shown}…`;
    if (used + width > columns) return `${shown}…`;
    shown += character;
    used += width;
  }
  return shown;
}

/** JSON that no terminal takes for a command. It means the same. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(UNSEEN, (character) =>
    character === "\n" ? character : escaped(character),
  );
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => {
    return String.raw`\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }).join("");
}
