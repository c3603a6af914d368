'use client';

import { Button, Radio, Select, Stack, Text } from '@mantine/core';
import {
  RECIPES,
  ROUND_PRESETS,
  RoundPreset,
  type RoundConfig,
  type RoundDetail,
  type RoundDraft,
} from '@rankloop/contracts';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { ApiError, call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import { FormError } from '../account/form-error.tsx';
import { changedFields, configOf, draftOf } from './config-draft.ts';
import { DataSummary } from './data-summary.tsx';
import { SettingsForm } from './settings-form.tsx';

interface StartRoundFormProps {
  draft: RoundDraft;
  /** A round whose settings are taken over. */
  source: RoundDetail | null;
}

const NEW_SNAPSHOT = 'new';

export function StartRoundForm({ draft, source }: StartRoundFormProps) {
  const { projectId, slug } = useMembership();
  const router = useRouter();
  const [base, setBase] = useState<RoundConfig>(source?.config ?? draft.defaults);
  const [settings, setSettings] = useState(() => draftOf(base));
  const [snapshotId, setSnapshotId] = useState(NEW_SNAPSHOT);
  const current = draft.baseCheckpoints.find(({ isCurrent }) => isCurrent) ?? draft.baseCheckpoints[0];
  const [checkpointId, setCheckpointId] = useState(current?.id ?? null);
  const config = configOf(base.recipe, settings);
  const start = useMutation({
    mutationFn: (valid: RoundConfig) =>
      call('startRound', {
        params: { projectId },
        body: {
          ...(snapshotId === NEW_SNAPSHOT ? {} : { snapshotId }),
          ...(checkpointId === null ? {} : { baseCheckpointId: checkpointId }),
          config: valid,
        },
      }),
    onSuccess: (round) => router.push(`/p/${slug}/rounds/${round.id}`),
  });
  const startFrom = (next: RoundConfig) => {
    setBase(next);
    setSettings(draftOf(next));
  };
  const changed = changedFields(settings, draftOf(draft.defaults)).length;
  const missing = whatIsMissing(draft, config);
  return (
    <>
      <DataSummary draft={draft} />
      <div className="rounds-choices">
        <Select
          label="Judgements to learn from"
          description="A snapshot never changes; a new one takes all judgements up to now."
          data={[
            { value: NEW_SNAPSHOT, label: `All up to now (${draft.judgements})` },
            ...draft.snapshots.map(({ id, name, judgementCount }) => ({
              value: id,
              label: `${name} (${judgementCount})`,
            })),
          ]}
          value={snapshotId}
          allowDeselect={false}
          onChange={(value) => setSnapshotId(value ?? NEW_SNAPSHOT)}
        />
        <Select
          label="Checkpoint to begin from"
          description="The policy that is improved; also the reference that KL is measured from."
          data={draft.baseCheckpoints.map(({ id, name, isCurrent }) => ({
            value: id,
            label: isCurrent ? `${name} (in use)` : name,
          }))}
          value={checkpointId}
          allowDeselect={false}
          onChange={setCheckpointId}
        />
      </div>
      <div className="rounds-choices">
        <Recipes value={base.recipe} />
        <Presets current={settings} defaults={draft.defaults} source={source} onChoose={startFrom} />
      </div>
      <SettingsForm draft={settings} onChange={setSettings} />
      <div className="rl-panel rounds-start">
        <Text size="sm">
          {draft.estimateSeconds === null
            ? 'How long it takes is known after the first round here.'
            : `About ${roughly(draft.estimateSeconds)} with the defaults, by the speed of the last round.`}{' '}
          {changed > 0 && `${counted(changed, 'setting')} changed.`}
        </Text>
        <Stack gap={4} align="flex-end">
          <Button
            loading={start.isPending || start.isSuccess}
            disabled={missing !== null}
            aria-describedby={missing === null ? undefined : 'start-missing'}
            onClick={() => config && start.mutate(config)}
          >
            Start round
          </Button>
          {missing !== null && (
            <Text size="xs" c="dimmed" id="start-missing">
              {missing}
            </Text>
          )}
        </Stack>
        <Refusal error={start.error} slug={slug} />
      </div>
    </>
  );
}

/** An estimate of many minutes is not good to the second. */
function roughly(seconds: number): string {
  return duration((seconds < 300 ? seconds : Math.round(seconds / 60) * 60) * 1000);
}

function whatIsMissing(draft: RoundDraft, config: RoundConfig | null): string | null {
  if (draft.blockers.length > 0) return 'See above what stands in the way';
  return config === null ? 'One of the settings is out of its limits' : null;
}

function Refusal({ error, slug }: { error: unknown; slug: string }) {
  if (error === null) return null;
  const conflictId = error instanceof ApiError ? error.problem.conflictId : undefined;
  return (
    <div style={{ flexBasis: '100%' }}>
      <FormError error={error} />
      {conflictId !== undefined && (
        <Link href={`/p/${slug}/rounds/${conflictId}`} className="rl-link">
          Open the round that is running
        </Link>
      )}
    </div>
  );
}

function Recipes({ value }: { value: RoundConfig['recipe'] }) {
  return (
    <Radio.Group label="Recipe" value={value}>
      <Stack gap="xs" mt={4}>
        {Object.entries(RECIPES).map(([name, { label, help }]) => (
          <Radio key={name} value={name} label={label} description={help} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

interface PresetsProps {
  current: Readonly<Record<string, string | boolean>>;
  defaults: RoundConfig;
  source: RoundDetail | null;
  onChoose: (config: RoundConfig) => void;
}

/** Sets of settings to begin with. */
function Presets({ current, defaults, source, onChoose }: PresetsProps) {
  const same = (config: RoundConfig) => changedFields(current, draftOf(config)).length === 0;
  const chosen =
    RoundPreset.options.find((name) => same(ROUND_PRESETS[name].config)) ??
    (source && same(source.config) ? 'source' : same(defaults) ? 'defaults' : 'own');
  return (
    <Radio.Group
      label="Settings to begin with"
      value={chosen}
      onChange={(value) => {
        const preset = RoundPreset.safeParse(value);
        if (preset.success) onChoose(ROUND_PRESETS[preset.data].config);
        else if (value === 'source' && source) onChoose(source.config);
      }}
    >
      <Stack gap="xs" mt={4}>
        {source && <Radio value="source" label={`Those of round ${source.number}`} />}
        {RoundPreset.options.map((name) => (
          <Radio
            key={name}
            value={name}
            label={ROUND_PRESETS[name].label}
            description={ROUND_PRESETS[name].help}
          />
        ))}
        {chosen === 'own' && <Radio value="own" label="Your own" description="Changed below." />}
      </Stack>
    </Radio.Group>
  );
}
