import { useEffect, useId, useRef, useState } from "preact/hooks";
import { PRESETS, lastDays, presetOf, rangeProblem } from "../range.ts";
import type { Range } from "../range.ts";
import { Choice } from "./choice.tsx";

interface Props {
  range: Range;
  /** The days that hold data. */
  data: { first: string; last: string };
  onChoose: (range: Range) => void;
}

export function RangePicker({ range, data, onChoose }: Props) {
  const [editing, setEditing] = useState(false);
  const preset = presetOf(range, data.last);
  const own = useRef<HTMLButtonElement>(null);
  const close = () => {
    setEditing(false);
    own.current?.focus();
  };
  return (
    <div class="range-picker">
      <Choice
        label="Days to show"
        options={PRESETS.map((count) => ({ value: String(count), label: `${count} days` }))}
        chosen={editing || preset === null ? null : String(preset)}
        onChoose={(count) => {
          setEditing(false);
          onChoose(lastDays(Number(count), data.last));
        }}
      />
      <button
        type="button"
        class="button own-range"
        ref={own}
        aria-expanded={editing}
        aria-pressed={preset === null}
        onClick={() => setEditing(!editing)}
      >
        Custom…
      </button>
      {editing && (
        <OwnRange range={range} onChoose={(chosen) => (onChoose(chosen), close())} onCancel={close} />
      )}
    </div>
  );
}

interface OwnProps {
  range: Range;
  onChoose: (range: Range) => void;
  onCancel: () => void;
}

function OwnRange({ range, onChoose, onCancel }: OwnProps) {
  const id = useId();
  const [draft, setDraft] = useState(range);
  const [problem, setProblem] = useState<string | null>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    const found = rangeProblem(draft);
    setProblem(found);
    if (found === null) onChoose(draft);
  };
  return (
    <form
      class="own-range-form card"
      aria-label="Custom days"
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
      noValidate
    >
      <label for={`${id}-from`}>First day</label>
      <input
        id={`${id}-from`}
        ref={first}
        type="date"
        value={draft.from}
        aria-describedby={`${id}-problem`}
        onInput={(event) => setDraft({ ...draft, from: event.currentTarget.value })}
      />
      <label for={`${id}-to`}>Last day</label>
      <input
        id={`${id}-to`}
        type="date"
        value={draft.to}
        aria-describedby={`${id}-problem`}
        onInput={(event) => setDraft({ ...draft, to: event.currentTarget.value })}
      />
      <p id={`${id}-problem`} class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button primary">
        Show
      </button>
      <button type="button" class="button" onClick={onCancel}>
        Cancel
      </button>
    </form>
  );
}
