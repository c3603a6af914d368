'use client';

import { checkpointRoutes, type CheckpointRow } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { Page } from '../../components/page.tsx';
import { EmptyState, QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { FormError } from '../account/form-error.tsx';
import { startDraft } from './draft.ts';
import { PlaygroundForm } from './playground-form.tsx';
import { PlaygroundOutputs } from './playground-outputs.tsx';
import './playground.css';
import { isAtWork, usePlaygroundRun } from './use-playground-run.ts';

const MOST_LISTED = 200;

export function PlaygroundPage() {
  const { projectId } = useMembership();
  const checkpoints = useQuery({
    queryKey: ['playground', projectId, 'checkpoints'],
    queryFn: ({ signal }) =>
      call(
        checkpointRoutes.listCheckpoints,
        { params: { projectId }, query: { limit: MOST_LISTED } },
        { signal },
      ),
    // Without its files a model cannot draw.
    select: ({ items }) => ({ items: items.filter(({ prunedAt }) => prunedAt === null) }),
  });
  return (
    <Page title="Playground">
      <QueryState query={checkpoints}>
        {({ items }) =>
          items.some(({ kind }) => kind === 'policy') ? (
            <Desk checkpoints={items} />
          ) : (
            <EmptyState title="No policy yet">
              Here a policy answers a prompt of yours, or two of them side by side. This project has none yet:
              add a model first.
            </EmptyState>
          )
        }
      </QueryState>
    </Page>
  );
}

function Desk({ checkpoints }: { checkpoints: readonly CheckpointRow[] }) {
  const asked = useSearchParams().get('policy');
  const policies = checkpoints.filter(({ kind }) => kind === 'policy');
  const rewards = checkpoints.filter(({ kind }) => kind === 'reward');
  const [draft, setDraft] = useState(() => startDraft(policies, asked));
  const { run, error, start, stop } = usePlaygroundRun();
  return (
    <>
      <PlaygroundForm
        draft={draft}
        onChange={setDraft}
        policies={policies}
        rewards={rewards}
        isBusy={start.isPending || isAtWork(run)}
        onStart={(body) => start.mutate(body)}
        onStop={() => stop.mutate()}
      />
      <FormError error={error} />
      {run && <PlaygroundOutputs run={run} nameOf={(id) => nameOf(policies, id)} />}
    </>
  );
}

function nameOf(policies: readonly CheckpointRow[], id: string): string {
  return policies.find((policy) => policy.id === id)?.name ?? 'A policy';
}
