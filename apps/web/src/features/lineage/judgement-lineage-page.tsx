'use client';

import { checkpointRoutes } from '@rankloop/contracts';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { Touched } from './touched.tsx';

/** From one judgement to every checkpoint that it taught. */
export function JudgementLineagePage({ judgementId }: { judgementId: string }) {
  const { projectId, slug } = useMembership();
  const lineage = useQuery({
    queryKey: ['lineage', projectId, 'judgement', judgementId],
    queryFn: ({ signal }) =>
      call(checkpointRoutes.getJudgementLineage, { params: { projectId, judgementId } }, { signal }),
  });
  return (
    <Page title="What a judgement taught">
      <QueryState query={lineage} lines={6}>
        {(data) => (
          <>
            <Text size="sm">
              <Link href={`/p/${slug}/judgements/${judgementId}`} className="rl-link">
                The judgement
              </Link>{' '}
              by{' '}
              <Link href={`/p/${slug}/lineage/labelers/${data.labeler.userId}`} className="rl-link">
                {data.labeler.pseudonym}
              </Link>
              , given <RelativeTime at={data.createdAt} />, revision {data.revision} of lease{' '}
              <code className="rl-hash">{data.leaseId}</code>.
            </Text>
            <Touched touched={data} />
          </>
        )}
      </QueryState>
    </Page>
  );
}
