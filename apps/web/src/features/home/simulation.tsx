'use client';

import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { projectRoutes, SimulationEventData, type LoopState } from '@rankloop/contracts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { FormError } from '../account/form-error.tsx';
import { simulationInWords } from './simulation-in-words.ts';

const DEFAULT_JUDGEMENTS = 400;

interface SimulationProps {
  /** It is the next sensible act of this page. */
  isPrimary: boolean;
  outputs: Pick<LoopState['outputs'], 'openTasks' | 'openJudgements'>;
}

/** Demo only: synthetic people judge open tasks. Says how far they are, and stops them. */
export function Simulation({ isPrimary, outputs }: SimulationProps) {
  const { projectId } = useMembership();
  const [typed, setTyped] = useState<number | string>(DEFAULT_JUDGEMENTS);
  const judgements = typeof typed === 'number' ? typed : DEFAULT_JUDGEMENTS;
  const [run, setRun] = useState<SimulationEventData | null>(null);
  useLive('simulation', (event) => {
    const data = SimulationEventData.safeParse(event.data);
    if (event.projectId === projectId && data.success) setRun(data.data);
  });
  const start = useMutation({
    mutationFn: () =>
      call(projectRoutes.simulateLabelers, {
        params: { projectId },
        body: { judgements },
      }),
    onSuccess: ({ runId, judgements: total }) => {
      // The stream may have told more already.
      setRun((known) => (known?.runId === runId ? known : { runId, done: 0, total, state: 'running' }));
    },
  });
  const cancel = useMutation({
    mutationFn: () => call(projectRoutes.cancelSimulation, { params: { projectId } }),
  });
  const isRunning = run?.state === 'running';
  return (
    <Stack gap="xs" mt="md">
      {isRunning ? (
        <>
          <Text size="sm" role="status">
            Simulated labelers: {count(run.done)} of {count(run.total)} judgements
          </Text>
          <ProgressBar fraction={run.total === 0 ? 0 : run.done / run.total} label="Simulated judgements" />
          <Group>
            <Button variant="default" size="xs" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              Stop them
            </Button>
          </Group>
        </>
      ) : (
        <>
          <Group gap="xs" align="flex-end">
            <NumberInput
              label="Simulated judgements"
              w={180}
              min={1}
              max={5000}
              step={100}
              allowDecimal={false}
              value={typed}
              onChange={setTyped}
            />
            <Button
              variant={isPrimary ? 'filled' : 'default'}
              loading={start.isPending}
              onClick={() => start.mutate()}
            >
              Simulate labelers
            </Button>
          </Group>
          <Text size="xs" c="dimmed">
            {run === null ? simulationInWords(outputs, judgements) : endOf(run)}
          </Text>
        </>
      )}
      <FormError error={start.error ?? cancel.error} />
    </Stack>
  );
}

function endOf({ state, done, message }: SimulationEventData): string {
  const given = `${count(done)} judgements given`;
  if (state === 'cancelled') return `Stopped: ${given}.`;
  if (state === 'failed') return `The simulated labelers failed: ${message ?? 'no reason given'}. ${given}.`;
  return message === undefined ? `Done: ${given}.` : `Done: ${given}. ${message}`;
}
