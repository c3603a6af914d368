'use client';

import { roundRoutes } from '@rankloop/contracts';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { Page } from '../../components/page.tsx';
import { ErrorState, QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import './rounds.css';
import { StartRoundForm } from './start-round-form.tsx';
import { roundKeys } from './use-round.ts';

/** `?from=` names a round whose settings are taken over. */
export function StartRoundPage() {
  const { projectId, slug } = useMembership();
  const from = useSearchParams().get('from');
  const draft = useQuery({
    queryKey: ['rounds', projectId, 'draft'],
    queryFn: ({ signal }) => call(roundRoutes.draftRound, { params: { projectId } }, { signal }),
    // Settings being typed must not be replaced.
    refetchOnWindowFocus: false,
    staleTime: 0,
  });
  const source = useQuery({
    queryKey: roundKeys.detail(from ?? ''),
    queryFn: ({ signal }) =>
      call(roundRoutes.getRound, { params: { projectId, roundId: from ?? '' } }, { signal }),
    enabled: from !== null,
  });
  // Without the settings that were to be taken over, a form of defaults would look as if it had them.
  if (source.error !== null) {
    return (
      <Page title="Start a round">
        <ErrorState error={source.error} onRetry={() => void source.refetch()} />
        <Text size="sm" mt="md">
          The settings of that round could not be read.{' '}
          <Link href={`/p/${slug}/rounds/new`} className="rl-link">
            Start one from the defaults
          </Link>
        </Text>
      </Page>
    );
  }
  const isWaiting = from !== null && source.isPending;
  return (
    <Page title="Start a round">
      <QueryState query={{ ...draft, data: isWaiting ? undefined : draft.data }} lines={10}>
        {(data) => <StartRoundForm draft={data} source={source.data ?? null} />}
      </QueryState>
    </Page>
  );
}
