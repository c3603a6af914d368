'use client';

import { Button, Stack, Tabs, Text } from '@mantine/core';
import {
  ROUND_SETTINGS,
  type RoundConfig,
  type RoundDetail,
  type RoundDraft,
  type RoundEstimate,
  roundRoutes,
  SAMPLING_SETTINGS,
} from '@rankloop/contracts';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { lazy, Suspense, useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { ErrorState, LoadingSkeleton } from '../../components/states.tsx';
import { ApiError, call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import { FormError } from '../account/form-error.tsx';
import { DataSummary } from './data-summary.tsx';
import { Presets } from './presets.tsx';
import { placeInWords, problemsBelow } from './problems.ts';
import { countChanges } from './round-draft.ts';
import { SettingsForm } from './settings-form.tsx';
import { StageList } from './stage-list.tsx';
import { useRoundCheck } from './use-round-check.ts';
import { useRoundDraft, type RoundEditing } from './use-round-draft.ts';

const YamlEditor = lazy(() => import('./yaml-editor.tsx').then((part) => ({ default: part.YamlEditor })));

interface StartRoundFormProps {
  draft: RoundDraft;
  /** A round whose settings are taken over. */
  source: RoundDetail | null;
}

const NEW_SNAPSHOT = 'new';

export function StartRoundForm({ draft, source }: StartRoundFormProps) {
  const { projectId, slug } = useMembership();
  const router = useRouter();
  const editing = useRoundDraft(source?.config ?? draft.defaults);
  const { config } = editing;
  const [snapshotId, setSnapshotId] = useState(NEW_SNAPSHOT);
  const current = draft.baseCheckpoints.find(({ isCurrent }) => isCurrent) ?? draft.baseCheckpoints[0];
  const [checkpointId, setCheckpointId] = useState(current?.id ?? null);
  const start = useMutation({
    mutationFn: (valid: RoundConfig) =>
      call(roundRoutes.startRound, {
        params: { projectId },
        body: {
          ...(snapshotId === NEW_SNAPSHOT ? {} : { snapshotId }),
          ...(checkpointId === null ? {} : { baseCheckpointId: checkpointId }),
          config: valid,
        },
      }),
    onSuccess: (round) => router.push(`/p/${slug}/rounds/${round.id}`),
  });
  const chosen = {
    snapshotId: snapshotId === NEW_SNAPSHOT ? null : snapshotId,
    checkpointId,
  };
  const { check, error: checkError, retry: checkAgain } = useRoundCheck(draft, config, chosen);
  const changed = config === null ? 0 : countChanges(config, editing.begunAs);
  const missing = whatIsMissing(check.blockers, editing);
  return (
    <>
      <DataSummary draft={draft} blockers={check.blockers} warnings={check.warnings} />
      {checkError !== null && (
        <ErrorState
          error={checkError}
          safe="These settings could not be checked; starting them still checks everything."
          onRetry={checkAgain}
        />
      )}
      <div className="rounds-choices">
        <Choice
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
          onChange={setSnapshotId}
        />
        <Choice
          label="Checkpoint to begin from"
          description="The policy that the stages call start."
          data={draft.baseCheckpoints.map(({ id, name, isCurrent }) => ({
            value: id,
            label: isCurrent ? `${name} (in use)` : name,
          }))}
          value={checkpointId}
          onChange={setCheckpointId}
        />
      </div>
      <Presets config={config} source={source} onChoose={editing.load} />
      <RoundEditor editing={editing} corpora={draft.corpora} />
      <div className="rl-panel rounds-start">
        <Text size="sm">
          {config === null ? 'No estimate while something is wrong above.' : estimateInWords(check.estimate)}{' '}
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

/** The stages and settings, as fields or as one document. */
function RoundEditor({ editing, corpora }: { editing: RoundEditing; corpora: RoundDraft['corpora'] }) {
  const { draft, setDraft, value, typed, setText, problems, textProblems } = editing;
  const byKey = (place: readonly string[]) =>
    Object.fromEntries(
      problemsBelow(problems, place).map(({ path, message }) => [String(path[0] ?? ''), message]),
    );
  return (
    <Tabs defaultValue="form" keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="form">Stages</Tabs.Tab>
        <Tabs.Tab value="yaml">YAML</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="form">
        {textProblems.length > 0 && (
          <Text size="sm" mb="md" role="alert" c="var(--rl-worse)">
            ▲ The YAML has mistakes. Below is the last that could be read; a change here replaces the YAML.
          </Text>
        )}
        <StageList
          stages={draft.stages}
          corpora={corpora}
          problems={textProblems.length > 0 ? [] : problems}
          onChange={(stages) => setDraft({ ...draft, stages })}
        />
        <h2 className="rounds-part">Round and new outputs</h2>
        <div className="rl-panel rounds-round">
          <SettingsForm
            settings={ROUND_SETTINGS}
            values={draft.round}
            problems={byKey([])}
            onChange={(round) => setDraft({ ...draft, round })}
          />
          <SettingsForm
            settings={SAMPLING_SETTINGS}
            titles={{ usual: 'Usual settings of new outputs', all: 'All settings of new outputs' }}
            values={draft.sampling}
            problems={byKey(['sampling'])}
            onChange={(sampling) => setDraft({ ...draft, sampling })}
          />
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="yaml">
        <Suspense fallback={<LoadingSkeleton lines={12} />}>
          <YamlEditor typed={typed} value={value} problems={textProblems} onChange={setText} />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  );
}

function estimateInWords(estimate: RoundEstimate | null): string {
  if (estimate === null)
    return 'How long it takes is known once a worker has measured this machine, about a minute after its start.';
  const { seconds, basis, rounds } = estimate;
  const time = roughly(seconds);
  if (basis === 'rounds') return `About ${time}, from ${counted(rounds, 'earlier round')} on this machine.`;
  if (basis === 'guess')
    return `Roughly ${time}: a guess, because not all of these stages have run here with this model and engine.`;
  const partly = rounds === 0 ? '' : ` and ${counted(rounds, 'earlier round')}`;
  return `About ${time}, from the measured speed of this machine${partly}.`;
}

/** An estimate of many minutes is not good to the second. */
function roughly(seconds: number): string {
  return duration((seconds < 300 ? seconds : Math.round(seconds / 60) * 60) * 1000);
}

function whatIsMissing(blockers: readonly string[], { config, problems }: RoundEditing): string | null {
  if (blockers.length > 0) return 'See above what stands in the way';
  if (config !== null) return null;
  const [first] = problems;
  return first === undefined ? 'Something is wrong above' : `${placeInWords(first.path)}: ${first.message}`;
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
