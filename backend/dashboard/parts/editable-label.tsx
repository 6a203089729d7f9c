import { useEffect, useRef, useState } from "preact/hooks";
import { asFailure } from "../api.ts";
import { Icon } from "./icons.tsx";
import { failureWords } from "./message.tsx";

interface Props {
  label: string;
  /** What is named, as in "Name project 3f9a…". */
  thing: string;
  /** Empty where no name was given. */
  name: string;
  /** Null for those who may not name it. */
  onSave: ((name: string) => Promise<void>) | null;
}

export const LONGEST_NAME = 80;

/** A label with a pencil: Enter keeps the new name, Escape the old one; an empty name removes it. */
export function EditableLabel({ label, thing, name, onSave }: Props) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing) pencil.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  if (editing && onSave !== null)
    return <NameForm thing={thing} name={name} onSave={onSave} onClose={() => setEditing(false)} />;
  return (
    <span class="editable">
      <span class="editable-label">{label}</span>
      {onSave !== null && (
        <button
          type="button"
          class="pencil"
          ref={pencil}
          aria-label={`Name ${thing}`}
          onClick={() => setEditing(true)}
        >
          <Icon name="pencil" />
        </button>
      )}
    </span>
  );
}

interface FormProps {
  thing: string;
  name: string;
  onSave: (name: string) => Promise<void>;
  onClose: () => void;
}

function NameForm({ thing, name, onSave, onClose }: FormProps) {
  const [draft, setDraft] = useState(name);
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      await onSave(draft.trim());
      onClose();
    } catch (error) {
      setSaving(false);
      setProblem(`Not saved. ${failureWords(asFailure(error)).cause}`);
      input.current?.focus();
    }
  };
  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!saving) void save();
      }}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <input
        ref={input}
        aria-label={`New name of ${thing}`}
        value={draft}
        maxLength={LONGEST_NAME}
        readOnly={saving}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <button type="submit" class="button primary" disabled={saving}>
        Save
      </button>
      <button type="button" class="button" onClick={onClose}>
        Cancel
      </button>
      {problem !== null && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}
