'use client';

import { NumberInput, Textarea, TextInput } from '@mantine/core';
import { fieldError } from '../account/form-error.tsx';
import type { SettingsDraft } from './settings-draft.ts';

interface GeneralFieldsProps {
  draft: SettingsDraft;
  onChange: (draft: SettingsDraft) => void;
  error: unknown;
}

/** The help below, so that the fields of a row stand in line. */
const ORDER: ('label' | 'input' | 'error' | 'description')[] = ['label', 'input', 'error', 'description'];

export function GeneralFields({ draft, onChange, error }: GeneralFieldsProps) {
  return (
    <>
      <div className="set-fields">
        <TextInput
          label="Name"
          maxLength={100}
          value={draft.name}
          onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
          error={fieldError(error, '/name')}
        />
        <Textarea
          label="Description"
          autosize
          minRows={1}
          maxLength={2000}
          value={draft.description}
          onChange={(event) => onChange({ ...draft, description: event.currentTarget.value })}
          error={fieldError(error, '/description')}
        />
      </div>
      <div className="set-fields">
        <NumberInput
          label="Judgements per task"
          inputWrapperOrder={ORDER}
          description="How many people judge each new task."
          min={1}
          max={50}
          allowDecimal={false}
          value={draft.overlap}
          onChange={(overlap) => onChange({ ...draft, overlap })}
          error={fieldError(error, '/overlap')}
        />
        <NumberInput
          label="Lease, minutes"
          inputWrapperOrder={ORDER}
          description="An unanswered task goes to somebody else after this."
          min={1}
          max={1440}
          value={draft.leaseMinutes}
          onChange={(leaseMinutes) => onChange({ ...draft, leaseMinutes })}
          error={fieldError(error, '/leaseTtlMs')}
        />
        <NumberInput
          label="Edit window, minutes"
          inputWrapperOrder={ORDER}
          description="How long people may change an answer; 0: not at all."
          min={0}
          max={43_200}
          value={draft.editMinutes}
          onChange={(editMinutes) => onChange({ ...draft, editMinutes })}
          error={fieldError(error, '/editWindowMs')}
        />
        <NumberInput
          label="Daily goal, tasks per person"
          inputWrapperOrder={ORDER}
          description="Shown to labelers; empty: none."
          min={1}
          max={10_000}
          allowDecimal={false}
          value={draft.dailyGoal}
          onChange={(dailyGoal) => onChange({ ...draft, dailyGoal })}
          error={fieldError(error, '/dailyGoal')}
        />
      </div>
    </>
  );
}
