'use client';

import { Button, Switch, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { roundRoutes, SampleOrder, type SampleRow } from '@rankloop/contracts';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { SampleCard } from './sample-card.tsx';
import { isNow } from './sample-columns.ts';
import { roundKeys } from './use-round.ts';

const PER_PAGE = 6;
const AFTER_TYPING_MS = 300;

const ORDERS: Record<SampleOrder, string> = {
  drawn: 'As drawn',
  score: 'Highest score first',
  change: 'Gained most over the base',
  'worst-change': 'Lost most to the base',
  kl: 'Furthest from the reference',
  length: 'Longest first',
};

/** Outputs of the base, of the policy before and of the one in training, on the same prompts. */
export function Samples({ roundId, isRunning }: { roundId: string; isRunning: boolean }) {
  const { projectId } = useMembership();
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), AFTER_TYPING_MS);
  const [order, setOrder] = useState<SampleOrder>('drawn');
  const [showsDifferences, setShowsDifferences] = useState(false);
  const pages = usePages([...roundKeys.samples(roundId), search, order], (cursor, signal) =>
    call(
      roundRoutes.listRoundSamples,
      {
        params: { projectId, roundId },
        query: { cursor, limit: PER_PAGE, order, ...(search !== '' && { search }) },
      },
      { signal },
    ),
  );
  // Nothing is searched or sorted where nothing was drawn.
  const hasControls = typed !== '' || search !== '' || pages.rows?.length !== 0;
  const none = isRunning
    ? 'The first outputs come with the first iterations of the policy.'
    : 'This round drew none.';
  return (
    <section className="rl-section" aria-labelledby="samples">
      <Title order={2} size="h4" id="samples">
        Outputs on the same prompts
      </Title>
      {hasControls && (
        <div className="rounds-filters">
          <TextInput
            className="rounds-search"
            size="xs"
            label="Search prompts and outputs"
            value={typed}
            maxLength={200}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Choice
            size="xs"
            label="Order of the prompts"
            data={SampleOrder.options.map((value) => ({ value, label: ORDERS[value] }))}
            value={order}
            onChange={(value) => setOrder(SampleOrder.safeParse(value).data ?? 'drawn')}
          />
          <Switch
            className="rounds-switch"
            label="Mark what changed"
            checked={showsDifferences}
            onChange={(event) => setShowsDifferences(event.currentTarget.checked)}
          />
        </div>
      )}
      <QueryState query={{ ...pages, data: pages.rows }} lines={4}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              {search === '' ? none : 'No prompt and no output has these words.'}
            </Text>
          ) : (
            <SampleList rows={rows} showsDifferences={showsDifferences} />
          )
        }
      </QueryState>
      {pages.onMore && (
        <Button mt="md" size="xs" variant="default" loading={pages.loadingMore} onClick={pages.onMore}>
          More prompts
        </Button>
      )}
    </section>
  );
}

function SampleList({ rows, showsDifferences }: { rows: readonly SampleRow[]; showsDifferences: boolean }) {
  const steps = [
    ...new Set(rows.flatMap(({ outputs }) => outputs.filter(isNow).map(({ step }) => step))),
  ].sort((a, b) => a - b);
  // Undefined: follow the newest.
  const [chosen, setChosen] = useState<number>();
  const newest = steps.at(-1) ?? 0;
  const step = chosen !== undefined && steps.includes(chosen) ? chosen : newest;
  return (
    <>
      {steps.length > 1 && (
        <div className="rounds-steps">
          <label htmlFor="sample-step">
            <Text component="span" size="sm">
              Now at iteration {step}
              {step === newest ? ' (newest)' : ''}
            </Text>
          </label>
          <input
            id="sample-step"
            type="range"
            min={0}
            max={steps.length - 1}
            value={steps.indexOf(step)}
            aria-valuetext={`iteration ${step}`}
            onChange={(event) => {
              const at = Number(event.currentTarget.value);
              setChosen(at === steps.length - 1 ? undefined : steps[at]);
            }}
          />
        </div>
      )}
      {rows.map((row) => (
        <SampleCard key={row.promptId} row={row} step={step} showsDifferences={showsDifferences} />
      ))}
    </>
  );
}
