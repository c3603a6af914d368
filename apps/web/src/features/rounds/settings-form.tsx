'use client';

import { Select, Switch, TextInput } from '@mantine/core';
import type { SettingGroup } from '@rankloop/contracts';
import { fieldsOf, problemOf, type ConfigDraft, type Field } from './config-draft.ts';

interface SettingsFormProps {
  draft: ConfigDraft;
  onChange: (draft: ConfigDraft) => void;
}

const GROUPS: readonly { group: SettingGroup; title: string }[] = [
  { group: 'usual', title: 'Usual settings' },
  { group: 'more', title: 'More settings' },
  { group: 'all', title: 'All other settings' },
];
const SECTIONS = [
  { section: 'round', title: 'Round' },
  { section: 'reward', title: 'Reward model' },
  { section: 'ppo', title: 'Policy (PPO)' },
  { section: 'sampling', title: 'New outputs' },
] as const;

/** Every setting of a round, drawn from its own description, in three groups. */
export function SettingsForm({ draft, onChange }: SettingsFormProps) {
  return (
    <div className="rl-panel">
      {GROUPS.map(({ group, title }) => (
        <details key={group} className="rounds-group" open={group === 'usual'}>
          <summary>{title}</summary>
          {SECTIONS.map(({ section, title: legend }) => {
            const fields = fieldsOf(group, section);
            if (fields.length === 0) return null;
            return (
              <fieldset key={section} className="rounds-fieldset">
                <legend>{legend}</legend>
                <div className="rounds-settings">
                  {fields.map((field) => (
                    <SettingField
                      key={field.path}
                      field={field}
                      value={draft[field.path]}
                      onChange={(value) => onChange({ ...draft, [field.path]: value })}
                    />
                  ))}
                </div>
              </fieldset>
            );
          })}
        </details>
      ))}
    </div>
  );
}

/** The help below, so that the fields of a row stand in line. */
const ORDER: ('label' | 'input' | 'error' | 'description')[] = ['label', 'input', 'error', 'description'];

interface SettingFieldProps {
  field: Field;
  value: string | boolean | undefined;
  onChange: (value: string | boolean) => void;
}

function SettingField({ field, value, onChange }: SettingFieldProps) {
  const { setting } = field;
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
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          label={setting.label}
          description={description}
          inputWrapperOrder={ORDER}
          data={[...setting.choices]}
          value={String(value)}
          allowDeselect={false}
          onChange={(choice) => choice !== null && onChange(choice)}
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
          error={problemOf(field, value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function wordOf(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
