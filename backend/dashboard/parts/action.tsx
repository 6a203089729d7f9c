import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
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
  const { asking, busy, problem, ask, run, button, yes } = useAsking(onConfirm);
  if (!asking) {
    return (
      <button
        type="button"
        class="button"
        ref={button}
        aria-label={thing === undefined ? undefined : `${label}: ${thing}`}
        onClick={() => ask(true)}
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
      onKeyDown={(event) => event.key === "Escape" && !busy && ask(false)}
    >
      <span>{question}</span>
      <button type="button" class="button danger" ref={yes} disabled={busy} onClick={() => void run()}>
        {label}
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => ask(false)}>
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

function useAsking(onConfirm: () => Promise<void>) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const yes = useRef<HTMLButtonElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  // Before it is painted: an Escape that follows at once must meet the question.
  useLayoutEffect(() => {
    if (asking) yes.current?.focus();
    else if (wasAsking.current) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);
  const ask = (open: boolean) => {
    setProblem(null);
    setAsking(open);
  };
  const run = async () => {
    const pressed = yes.current;
    const around = pressed?.closest<HTMLElement>(".panel");
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      setAsking(false);
      // With what it was done to, the button may be gone: whoever uses the keyboard goes on from where it was.
      if (pressed?.isConnected === false) around?.focus();
    } catch (error) {
      setProblem(refusalWords(asFailure(error)));
    }
    setBusy(false);
  };
  return { asking, busy, problem, ask, run, button, yes };
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
      onInput={() => setSaid(null)}
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
