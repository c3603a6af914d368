'use client';

import { Switch, TextInput } from '@mantine/core';
import type { Setting, SettingGroup } from '@rankloop/contracts';
import { useState, type ReactNode } from 'react';
import { Choice } from '../../components/choice.tsx';
import type { Typed } from './round-draft.ts';

interface SettingsFormProps {
  settings: Readonly<Record<string, Setting>>;
  values: Typed;
  /** What is wrong with a setting, by its key. */
  problems: Readonly<Record<string, string>>;
  /** Of the groups, where several forms stand together. */
  titles?: Partial<Record<SettingGroup, string>>;
  onChange: (values: Typed) => void;
}

const TITLES: Record<SettingGroup, string> = {
  usual: 'Usual settings',
  more: 'More settings',
  all: 'All other settings',
};
const GROUPS = ['usual', 'more', 'all'] as const satisfies readonly SettingGroup[];

/** Settings drawn from their own descriptions, in three groups of which the first is open. */
export function SettingsForm({ settings, values, problems, titles = {}, onChange }: SettingsFormProps) {
  const all = Object.entries(settings);
  return GROUPS.map((group) => {
    const fields = all.filter(([, setting]) => setting.group === group);
    if (fields.length === 0) return null;
    return (
      <SettingsGroup
        key={group}
        title={titles[group] ?? TITLES[group]}
        isOpenAtFirst={group === 'usual'}
        hasProblem={fields.some(([key]) => problems[key] !== undefined)}
      >
        <div className="rounds-settings">
          {fields.map(([key, setting]) => (
            <SettingField
              key={key}
              setting={setting}
              value={values[key]}
              problem={problems[key]}
              onChange={(value) => onChange({ ...values, [key]: value })}
            />
          ))}
        </div>
      </SettingsGroup>
    );
  });
}

interface SettingsGroupProps {
  title: string;
  isOpenAtFirst: boolean;
  hasProblem: boolean;
  children: ReactNode;
}

/** What is wrong must be seen; what is open stays open, also when it is right again. */
function SettingsGroup({ title, isOpenAtFirst, hasProblem, children }: SettingsGroupProps) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  if (hasProblem && !isOpen) setIsOpen(true);
  return (
    <details className="rounds-group" open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** The help below, so that the fields of a row stand in line. */
const ORDER: ('label' | 'input' | 'error' | 'description')[] = ['label', 'input', 'error', 'description'];

interface SettingFieldProps {
  setting: Setting;
  value: string | boolean | undefined;
  problem: string | undefined;
  onChange: (value: string | boolean) => void;
}

function SettingField({ setting, value, problem, onChange }: SettingFieldProps) {
  const description = (
    <>
      {setting.help}
      <br />
      Default {wordOf(setting.default)}.
      {setting.literature !== 'not stated' && ` In papers: ${setting.literature}.`}
    </>
  );
  switch (setting.kind) {
    case 'switch':
      return (
        <Switch
          label={setting.label}
          description={description}
          error={problem}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Choice
          label={setting.label}
          description={description}
          inputWrapperOrder={ORDER}
          data={setting.choices}
          value={String(value)}
          error={problem}
          onChange={onChange}
        />
      );
    default:
      return (
        <TextInput
          label={setting.label}
          description={description}
          inputWrapperOrder={ORDER}
          inputMode="decimal"
          value={String(value)}
          error={problem}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function wordOf(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
