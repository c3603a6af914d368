'use client';

import type { FormSpec } from '@rankloop/contracts';
import type { AnswerAction } from '../answer/answer-reducer.ts';
import type { Draft } from '../answer/draft.ts';
import { Issue } from './issue.tsx';
import { Segments } from './segments.tsx';

const STEPS = [
  { value: -3, label: 'A much better' },
  { value: -2, label: 'A better' },
  { value: -1, label: 'A slightly better' },
  { value: 0, label: 'About the same' },
  { value: 1, label: 'B slightly better' },
  { value: 2, label: 'B better' },
  { value: 3, label: 'B much better' },
] as const;

interface ComparisonScaleProps {
  form: NonNullable<FormSpec['comparison']>;
  draft: Draft;
  act: (action: AnswerAction) => void;
  issue: string | null;
}

/** Which of two, and by how much, in seven steps. */
export function ComparisonScale({ form, draft, act, issue }: ComparisonScaleProps) {
  const value = draft.outcome === 'ok' ? draft.strength : null;
  const chosen = STEPS.find((step) => step.value === value);
  return (
    <div className="lab-scale">
      <Segments
        group="scale"
        label="Which is better"
        options={STEPS.map((step) => ({
          value: step.value,
          label: step.label,
          name: step.label,
          disabled: step.value === 0 && !form.allowTie,
        }))}
        value={value}
        onChange={(next) => act({ type: 'strength', value: next })}
      />
      <Issue text={issue} />
      <div className="rl-visually-hidden" aria-live="polite">
        {draft.outcome === 'both_bad' ? 'Both are bad' : (chosen?.label ?? '')}
      </div>
    </div>
  );
}
