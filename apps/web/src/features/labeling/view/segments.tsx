'use client';

import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';

interface Option {
  value: number;
  label: ReactNode;
  /** As it is read out. */
  name: string;
  disabled?: boolean;
}

interface SegmentsProps {
  group: string;
  label: string;
  options: readonly Option[];
  value: number | null;
  onChange: (value: number) => void;
}

/** One choice out of a row: a radio group with one tab stop; arrows left and right choose. */
export function Segments({ group, label, options, value, onChange }: SegmentsProps) {
  const usable = options.filter((option) => !option.disabled);
  const stop = value ?? usable[0]?.value;
  const frame = useRef<HTMLDivElement>(null);
  // A digit chooses without the focus; the focus follows, so that arrows go on from there.
  useEffect(() => {
    const chosen = frame.current?.querySelector('[aria-checked="true"]');
    if (chosen instanceof HTMLElement && frame.current?.contains(document.activeElement)) chosen.focus();
  }, [value]);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = usable.findIndex((option) => option.value === value);
    const next = usable[at === -1 ? (step === 1 ? 0 : usable.length - 1) : at + step];
    event.preventDefault();
    if (next) onChange(next.value);
  };
  return (
    <div
      className="lab-segments"
      ref={frame}
      role="radiogroup"
      aria-label={label}
      data-group={group}
      onKeyDown={onKeyDown}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          data-value={option.value}
          aria-checked={option.value === value}
          aria-label={option.name}
          disabled={option.disabled}
          tabIndex={option.value === stop ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
