'use client';

import { Button, Group, Text, Title } from '@mantine/core';
import { type RoundDetail, roundRoutes, type RouteOutput } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { clockTime, duration } from '../../lib/time.ts';
import { FormError } from '../account/form-error.tsx';
import { endInWords } from './end-in-words.ts';
import { RoundCharts } from './round-charts.tsx';
import { RoundConfigView } from './round-config.tsx';
import { RoundOutcome } from './round-outcome.tsx';
import { isActive, RoundStateText } from './round-state.tsx';
import './rounds.css';
import { Samples } from './samples.tsx';
import { ScoreCharts } from './score-charts.tsx';
import { starterInWords } from './starter-in-words.ts';
import { StageStepper } from './stage-stepper.tsx';
import { roundKeys, useRound } from './use-round.ts';

export function RoundPage({ roundId }: { roundId: string }) {
  const { round, metrics } = useRound(roundId);
  const title = round.data ? `Round ${round.data.number}` : 'Round';
  return (
    <Page title={title} actions={round.data && <RoundActions round={round.data} />}>
      <QueryState query={round} lines={10}>
        {(detail) => <RoundBody round={detail} metrics={metrics} />}
      </QueryState>
    </Page>
  );
}

function RoundActions({ round }: { round: RoundDetail }) {
  const { projectId, slug } = useMembership();
  const queryClient = useQueryClient();
  const params = { projectId, roundId: round.id };
  const onSuccess = (changed: RoundDetail) =>
    queryClient.setQueryData<RoundDetail>(roundKeys.detail(round.id), changed);
  const cancel = useMutation({ mutationFn: () => call(roundRoutes.cancelRound, { params }), onSuccess });
  const retry = useMutation({ mutationFn: () => call(roundRoutes.retryRound, { params }), onSuccess });
  // Its settings led there: trying them again is not the next thing to do.
  const hasDiverged = round.state === 'diverged';
  const canRetry = ['failed', 'cancelled', 'diverged'].includes(round.state);
  return (
    <Group gap="sm">
      <FormError error={cancel.error ?? retry.error} />
      {isActive(round.state) && (
        <ConfirmButton
          question="The round stops within seconds. The policy in use and all judgements stay as they are."
          confirm="Cancel the round"
          loading={cancel.isPending || round.state === 'cancelling'}
          onConfirm={() => cancel.mutate()}
        >
          Cancel
        </ConfirmButton>
      )}
      {canRetry && (
        <Button
          variant={hasDiverged ? 'default' : 'filled'}
          loading={retry.isPending}
          onClick={() => retry.mutate()}
        >
          Retry
        </Button>
      )}
      {hasDiverged && (
        <Button component={Link} href={`/p/${slug}/rounds/new?from=${round.id}`}>
          Change the settings
        </Button>
      )}
    </Group>
  );
}

interface RoundBodyProps {
  round: RoundDetail;
  metrics: {
    data: RouteOutput<'getRoundMetrics'> | undefined;
    error: unknown;
    isPending: boolean;
    refetch: () => unknown;
  };
}

function RoundBody({ round, metrics }: RoundBodyProps) {
  const { slug } = useMembership();
  return (
    <>
      <Text size="sm" mb="md" component="p" role="status">
        <RoundStateText state={round.state} />
        {isActive(round.state) && round.progress.secondsLeft !== null
          ? `, about ${duration(round.progress.secondsLeft * 1000)} left`
          : ''}
        {tookOf(round)}. {endInWords(round)}
      </Text>
      <HealthNotes notes={round.health} warnings={round.report.warnings ?? []} />
      <StageStepper stages={round.stages} reason={round.reason} />
      <RoundOutcome round={round} slug={slug} />
      <QueryState query={metrics} lines={6}>
        {({ series }) => (
          <RoundCharts stages={round.stages} series={series} isRunning={isActive(round.state)} />
        )}
      </QueryState>
      <ScoreCharts roundId={round.id} isRunning={isActive(round.state)} />
      <Samples roundId={round.id} isRunning={isActive(round.state)} />
      <Provenance round={round} slug={slug} />
      <RoundConfigView round={round} slug={slug} />
      <Log log={round.log} />
    </>
  );
}

function tookOf({ startedAt, endedAt }: RoundDetail): string {
  return startedAt !== null && endedAt !== null
    ? ` after ${duration(Date.parse(endedAt) - Date.parse(startedAt))}`
    : '';
}

function HealthNotes({ notes, warnings }: { notes: RoundDetail['health']; warnings: readonly string[] }) {
  const all = [...notes, ...warnings.map((text) => ({ level: 'warning', text }))];
  if (all.length === 0) return null;
  return (
    <ul className="rounds-notes" aria-label="What to look at" aria-live="polite">
      {all.map(({ level, text }) => (
        <li key={text} data-level={level}>
          {level === 'info' ? '' : '▲ '}
          {text}
        </li>
      ))}
    </ul>
  );
}

function Provenance({ round, slug }: { round: RoundDetail; slug: string }) {
  const { judgementCount, snapshotHash, createdAt, attempt, checkpoints, engine, metricsThinnedAt } = round;
  const made = checkpoints.map(({ name }) => name).join(', ');
  const nothing = isActive(round.state) ? 'No checkpoints yet.' : 'It left no checkpoint.';
  return (
    <section className="rl-section" aria-labelledby="provenance">
      <Title order={2} size="h4" id="provenance">
        Where it comes from
      </Title>
      <Text size="sm">
        {judgementCount === null ? (
          'No judgements were frozen'
        ) : (
          <>
            {counted(judgementCount, 'judgement')}, snapshot <ShortHash hash={snapshotHash} />
          </>
        )}
        . Started by {starterInWords(round)} <RelativeTime at={createdAt} />, attempt {attempt}
        {typeof engine?.['name'] === 'string' ? `, on the ${engine['name']} engine` : ''}.
      </Text>
      {metricsThinnedAt !== null && (
        <Text size="sm">
          Of its curves the ends and extremes were kept <RelativeTime at={metricsThinnedAt} />; the points
          between were given up, as of every old round.
        </Text>
      )}
      <Text size="sm">
        {made === '' ? nothing : `Checkpoints: ${made}. `}
        {made !== '' && (
          <Link href={`/p/${slug}/checkpoints`} className="rl-link">
            All checkpoints
          </Link>
        )}
      </Text>
    </section>
  );
}

function Log({ log }: { log: RoundDetail['log'] }) {
  return (
    <section className="rl-section" aria-labelledby="log">
      <Title order={2} size="h4" id="log">
        Log
      </Title>
      <pre className="rl-panel rl-log" tabIndex={0} aria-label="Log of the round">
        {log.length === 0
          ? 'Nothing yet.'
          : log.map(({ at, level, message }) => `${clockTime(new Date(at))} ${level}  ${message}`).join('\n')}
      </pre>
    </section>
  );
}
