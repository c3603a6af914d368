'use client';

import { Button, Checkbox, Group, Text } from '@mantine/core';
import { FORM_PRESETS, FormKind, FormSpec } from '@rankloop/contracts';
import type { ReactNode } from 'react';
import { DimensionList } from './dimension-list.tsx';
import { WordList } from './word-list.tsx';

interface FormBuilderProps {
  form: FormSpec;
  onChange: (form: FormSpec) => void;
}

type Part = keyof FormSpec;

/** What each part is when it is switched on. */
const FRESH: Required<FormSpec> = {
  ranking: { allowTies: true, allowPartial: true },
  comparison: { allowTie: true, allowBothBad: true },
  ratings: {
    dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: '0-5', required: true }],
  },
  flags: { options: ['harmful', 'fails the instruction'] },
  critique: { perOutput: true },
  correction: { required: true },
  demonstration: { required: false },
};

/** A preset to begin with, then part by part what one task asks for on one screen. */
export function FormBuilder({ form, onChange }: FormBuilderProps) {
  const toggle = (part: Part, on: boolean) => {
    const { [part]: _, ...rest } = form;
    const next: FormSpec = on ? { ...rest, [part]: FRESH[part] } : rest;
    // Both give an order of the outputs: one or the other.
    if (on && part === 'ranking') delete next.comparison;
    if (on && part === 'comparison') delete next.ranking;
    onChange(next);
  };
  const problem = FormSpec.safeParse(form).error?.issues[0]?.message;
  const row = { form, onToggle: toggle };
  return (
    <div className="rl-panel set-form">
      <Group gap="xs" mb="sm" role="group" aria-label="Begin with">
        <Text size="sm">Begin with</Text>
        {FormKind.options.map((kind) => (
          <Button
            key={kind}
            size="xs"
            variant="default"
            title={FORM_PRESETS[kind].help}
            onClick={() => onChange(FORM_PRESETS[kind].spec)}
          >
            {FORM_PRESETS[kind].label}
          </Button>
        ))}
      </Group>
      <PartRow {...row} part="ranking" label="Ranking" help="Put the outputs in order, ties allowed.">
        <Checkbox
          label="Ties allowed"
          checked={form.ranking?.allowTies ?? false}
          onChange={(event) =>
            form.ranking &&
            onChange({ ...form, ranking: { ...form.ranking, allowTies: event.currentTarget.checked } })
          }
        />
        <Checkbox
          label="Some may stay unranked"
          checked={form.ranking?.allowPartial ?? false}
          onChange={(event) =>
            form.ranking &&
            onChange({ ...form, ranking: { ...form.ranking, allowPartial: event.currentTarget.checked } })
          }
        />
      </PartRow>
      <PartRow {...row} part="comparison" label="Comparison" help="Which of two is better, and by how much.">
        <Checkbox
          label="A tie is allowed"
          checked={form.comparison?.allowTie ?? false}
          onChange={(event) =>
            form.comparison &&
            onChange({ ...form, comparison: { ...form.comparison, allowTie: event.currentTarget.checked } })
          }
        />
        <Checkbox
          label='"Both bad" is allowed'
          checked={form.comparison?.allowBothBad ?? false}
          onChange={(event) =>
            form.comparison &&
            onChange({
              ...form,
              comparison: { ...form.comparison, allowBothBad: event.currentTarget.checked },
            })
          }
        />
      </PartRow>
      <PartRow
        {...row}
        part="ratings"
        label="Ratings"
        help="A mark for every output, in one or more respects."
      >
        {form.ratings && (
          <DimensionList
            dimensions={form.ratings.dimensions}
            onChange={(dimensions) => onChange({ ...form, ratings: { dimensions } })}
          />
        )}
      </PartRow>
      <PartRow {...row} part="flags" label="Flags" help="Ticks on an output.">
        <WordList
          label="Flags to choose from"
          most={12}
          words={form.flags?.options ?? []}
          onChange={(options) => onChange({ ...form, flags: { options } })}
        />
      </PartRow>
      <PartRow {...row} part="critique" label="Critique" help="A note in words.">
        <Checkbox
          label="One for each output"
          checked={form.critique?.perOutput ?? false}
          onChange={(event) => onChange({ ...form, critique: { perOutput: event.currentTarget.checked } })}
        />
      </PartRow>
      <PartRow {...row} part="correction" label="Correction" help="Edit an output until it is right.">
        <Checkbox
          label="Required"
          checked={form.correction?.required ?? false}
          onChange={(event) => onChange({ ...form, correction: { required: event.currentTarget.checked } })}
        />
      </PartRow>
      <PartRow {...row} part="demonstration" label="Demonstration" help="Write the ideal answer.">
        <Checkbox
          label="Required"
          checked={form.demonstration?.required ?? false}
          onChange={(event) =>
            onChange({ ...form, demonstration: { required: event.currentTarget.checked } })
          }
        />
      </PartRow>
      {problem !== undefined && (
        <Text size="sm" role="alert" c="var(--rl-worse)">
          ▲ {problem}
        </Text>
      )}
    </div>
  );
}

interface PartRowProps {
  form: FormSpec;
  part: Part;
  label: string;
  help: string;
  onToggle: (part: Part, on: boolean) => void;
  /** Shown while the part is on. */
  children: ReactNode;
}

function PartRow({ form, part, label, help, onToggle, children }: PartRowProps) {
  const isOn = form[part] !== undefined;
  return (
    <div className="set-part">
      <Checkbox
        label={label}
        description={help}
        checked={isOn}
        onChange={(event) => onToggle(part, event.currentTarget.checked)}
      />
      {isOn && (
        <div className="set-options" role="group" aria-label={`${label} options`}>
          {children}
        </div>
      )}
    </div>
  );
}
