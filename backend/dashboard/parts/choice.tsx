interface Props<T extends string> {
  /** Read to people who cannot see that the buttons stand together. */
  label: string;
  options: readonly { value: T; label: string }[];
  chosen: T | null;
  onChoose: (value: T) => void;
}

/** A few alternatives side by side, one of them pressed. */
export function Choice<T extends string>({ label, options, chosen, onChoose }: Props<T>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === chosen}
          onClick={() => onChoose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
