'use client';

import { Button, Group, Text } from '@mantine/core';
import { budgetRoutes, type BudgetView, type CurveRun } from '@rankloop/contracts';
import { useMutation } from '@tanstack/react-query';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import { FormError } from '../account/form-error.tsx';

interface CurveStateProps {
  view: BudgetView;
  onChange: () => void;
}

export function isMeasuring({ state }: CurveRun): boolean {
  return state === 'queued' || state === 'running';
}

/** Whether a curve is being measured, when the last one was, and the button for the next. */
export function CurveState({ view, onChange }: CurveStateProps) {
  const { projectId } = useMembership();
  const { curve, measured, blockers } = view;
  const start = useMutation({
    mutationFn: () => call(budgetRoutes.startCurve, { params: { projectId } }),
    onSettled: onChange,
  });
  const cancel = useMutation({
    mutationFn: (curveId: string) => call(budgetRoutes.cancelCurve, { params: { projectId, curveId } }),
    onSettled: onChange,
  });
  return (
    <section className="budget-state" aria-label="Measuring">
      {curve && isMeasuring(curve) ? (
        <>
          <Text size="sm" role="status">
            {progressInWords(curve)}
          </Text>
          <ProgressBar fraction={curve.total === 0 ? 0 : curve.done / curve.total} label="Learning curve" />
          <Group>
            <Button
              size="xs"
              variant="default"
              loading={cancel.isPending}
              onClick={() => cancel.mutate(curve.id)}
            >
              Stop measuring
            </Button>
          </Group>
        </>
      ) : (
        <>
          {curve && curve.state !== 'succeeded' && <Text size="sm">{endOf(curve)}</Text>}
          {blockers.map((blocker) => (
            <Text key={blocker} size="sm">
              {blocker}
            </Text>
          ))}
          <Group gap="sm">
            <Button disabled={blockers.length > 0} loading={start.isPending} onClick={() => start.mutate()}>
              Measure the learning curve
            </Button>
            <Text size="xs" c="dimmed">
              Trains about thirty small reward models on parts of the judgements, beside everything else.
              {measured?.endedAt && (
                <>
                  {' '}
                  Last measured <RelativeTime at={measured.endedAt} /> on {count(measured.judgements)}{' '}
                  judgements.
                </>
              )}
            </Text>
          </Group>
        </>
      )}
      <FormError error={start.error ?? cancel.error} />
    </section>
  );
}

function progressInWords({ state, done, total, secondsLeft }: CurveRun): string {
  if (state === 'queued') return 'Waiting for the worker.';
  if (total === 0) return 'Reading the judgements.';
  const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft * 1000)} left`;
  return `${count(done)} of ${count(total)} reward models trained${left}.`;
}

function endOf({ state, reason, done }: CurveRun): string {
  if (state === 'failed') return `The last measurement failed: ${reason ?? 'no reason is known.'}`;
  return `The last measurement was stopped after ${count(done)} reward models.`;
}
