'use client';

import { Text } from '@mantine/core';
import { checkpointRoutes, type LabelerLineage } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { Exclusion } from './exclusion.tsx';
import { Touched } from './touched.tsx';

/** From one labeler to every checkpoint that they taught; where an admin leaves them out. */
export function LabelerLineagePage({ userId }: { userId: string }) {
  const { projectId, role } = useMembership();
  const queryKey = ['lineage', projectId, 'labeler', userId];
  const lineage = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      call(checkpointRoutes.getLabelerLineage, { params: { projectId, userId } }, { signal }),
  });
  return (
    <Page title={lineage.data ? `What ${lineage.data.pseudonym} taught` : 'What a labeler taught'}>
      <QueryState query={lineage} lines={6}>
        {(data) => (
          <>
            <State lineage={data} />
            {role === 'admin' && <Exclusion projectId={projectId} lineage={data} queryKey={queryKey} />}
            <Touched touched={data} />
          </>
        )}
      </QueryState>
    </Page>
  );
}

function State({ lineage: { judgements, excluded } }: { lineage: LabelerLineage }) {
  return (
    <Text size="sm">
      {counted(judgements, 'judgement')}.{' '}
      {excluded && (
        <>
          ▲ Left out of later snapshots <RelativeTime at={excluded.at} />: {excluded.reason}
        </>
      )}
    </Text>
  );
}
