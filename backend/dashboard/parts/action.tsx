import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asFailure } from "../api.ts";
import { refusalWords } from "../settings-api.ts";

interface Props {
  /** On the button: what happens. */
  label: string;
  /** What is asked before it happens: what follows from it. */
  question: string;
  /** Read out with the button, where many stand in a table. */
  thing?: string;
  onConfirm: () => Promise<void>;
}

/** A button whose consequences are named before they happen. Escape leaves everything as it was. */
export function Action({ label, question, thing, onConfirm }: Props) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (asking) confirm.current?.focus();
    else if (wasAsking.current) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      setAsking(false);
    } catch (error) {
      setProblem(refusalWords(asFailure(error)));
    }
    setBusy(false);
  };
  if (!asking) {
    return (
      <button
        type="button"
        class="button"
        ref={button}
        aria-label={thing === undefined ? undefined : `${label}: ${thing}`}
        onClick={() => setAsking(true)}
      >
        {label}
      </button>
    );
  }
  return (
    <span
      class="asking"
      role="group"
      aria-label={question}
      onKeyDown={(event) => event.key === "Escape" && setAsking(false)}
    >
      <span>{question}</span>
      <button type="button" class="button danger" ref={confirm} disabled={busy} onClick={() => void run()}>
        {label}
      </button>
      <button type="button" class="button" onClick={() => setAsking(false)}>
        Cancel
      </button>
      {problem !== null && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}

interface FormProps {
  submit: string;
  /** Rejects with the failure that is shown. Answers what to say when it worked. */
  onSubmit: () => Promise<string | void>;
  isReady?: boolean;
  children: ComponentChildren;
}

/** A form that says what became of it. */
export function Form({ submit, onSubmit, isReady = true, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ text: string; isProblem: boolean } | null>(null);
  const run = async () => {
    setBusy(true);
    setSaid(null);
    try {
      const text = await onSubmit();
      setSaid(text ? { text, isProblem: false } : null);
    } catch (error) {
      setSaid({ text: refusalWords(asFailure(error)), isProblem: true });
    }
    setBusy(false);
  };
  return (
    <form
      class="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && isReady) void run();
      }}
    >
      {children}
      <div class="form-end">
        <button type="submit" class="button primary" disabled={busy || !isReady}>
          {busy ? "One moment…" : submit}
        </button>
        {said !== null && (
          <span class={said.isProblem ? "problem" : "fine"} role={said.isProblem ? "alert" : "status"}>
            {said.text}
          </span>
        )}
      </div>
    </form>
  );
}

interface FieldProps {
  label: string;
  hint?: string;
  children: (id: string) => ComponentChildren;
}

let fields = 0;

export function Field({ label, hint, children }: FieldProps) {
  const [id] = useState(() => `field-${(fields += 1)}`);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint !== undefined && <span class="fine">{hint}</span>}
    </div>
  );
}

interface SelectProps<T extends string> {
  label: string;
  hint?: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

export function Select<T extends string>({ label, hint, value, options, onChange }: SelectProps<T>) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(id) => (
        <select
          id={id}
          value={value}
          onChange={(event) => {
            const chosen = options.find((option) => option.value === event.currentTarget.value);
            if (chosen !== undefined) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
