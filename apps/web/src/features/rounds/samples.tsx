'use client';

import { Button, Text, Title } from '@mantine/core';
import type { SampleRow } from '@rankloop/contracts';
import { useState } from 'react';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { measured } from '../../lib/format.ts';
import { ROLE_NAMES } from '../../lib/message-roles.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { roundKeys } from './use-round.ts';

const PER_PAGE = 6;

/** Outputs of the base, of the policy before and of the one in training, on the same prompts. */
export function Samples({ roundId, isRunning }: { roundId: string; isRunning: boolean }) {
  const { projectId } = useMembership();
  const pages = usePages(roundKeys.samples(roundId), (cursor, signal) =>
    call(
      'listRoundSamples',
      { params: { projectId, roundId }, query: { cursor, limit: PER_PAGE } },
      { signal },
    ),
  );
  return (
    <section className="rl-section" aria-labelledby="samples">
      <Title order={2} size="h4" id="samples">
        Outputs on the same prompts
      </Title>
      <QueryState query={{ ...pages, data: pages.rows }} lines={4}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              {isRunning
                ? 'The first outputs come with the first iterations of the policy.'
                : 'This round drew none.'}
            </Text>
          ) : (
            <SampleList rows={rows} />
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

function SampleList({ rows }: { rows: readonly SampleRow[] }) {
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
        <SampleCard key={row.promptId} row={row} step={step} />
      ))}
    </>
  );
}

function SampleCard({ row, step }: { row: SampleRow; step: number }) {
  const now = row.outputs.filter(isNow).findLast((output) => output.step <= step);
  const shown = [
    { title: 'Base', output: row.outputs.findLast(({ policy }) => policy === 'base') },
    { title: 'Before this round', output: row.outputs.findLast(({ policy }) => policy === 'before') },
    { title: `Now${now ? `, iteration ${now.step}` : ''}`, output: now },
  ];
  return (
    <article className="rl-panel rounds-sample">
      {row.conversation.map((message, i) => (
        <p key={i}>
          <strong>{row.conversation.length === 1 ? 'Prompt' : ROLE_NAMES[message.role]}:</strong>{' '}
          {message.content}
        </p>
      ))}
      <div className="rounds-outputs">
        {shown.map(
          ({ title, output }) =>
            output && (
              <div key={title}>
                <h3>{title}</h3>
                <p>{output.text.trim() === '' ? '(empty)' : output.text.trim()}</p>
                <small>
                  {output.score !== null && `score ${measured(output.score)}`}
                  {output.kl !== null && `, KL ${measured(output.kl)} nats`}
                </small>
              </div>
            ),
        )}
      </div>
    </article>
  );
}

function isNow({ policy }: SampleRow['outputs'][number]): boolean {
  return policy === 'now';
}
