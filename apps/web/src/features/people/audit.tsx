'use client';

import { Text } from '@mantine/core';
import { accountRoutes, type AuditRow } from '@rankloop/contracts';
import type { Column } from '../../components/data-table.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { actionInWords, detailInWords } from './audit-in-words.ts';

/** Who did what in this project, newest first. */
export function Audit() {
  const { projectId } = useMembership();
  const pages = usePages(['people', 'audit', projectId], (cursor, signal) =>
    call(accountRoutes.listAudit, { params: { projectId }, query: { cursor, limit: 50 } }, { signal }),
  );
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        Written together with what it tells of, and never changed.
      </Text>
      <PagedTable
        pages={pages}
        label="Audit trail"
        columns={COLUMNS}
        rowKey={(row) => row.id}

        empty={
          <EmptyState title="Nothing was done yet">
            Invitations, roles, settings, imports, exports and rounds are written down here.
          </EmptyState>
        }
      />
    </>
  );
}

const COLUMNS: readonly Column<AuditRow>[] = [
  { key: 'at', title: 'When', cell: (row) => <RelativeTime at={row.at} /> },
  { key: 'actor', title: 'Who', cell: (row) => row.actor ?? 'the command line' },
  { key: 'action', title: 'What', cell: (row) => actionInWords(row.action) },
  { key: 'subject', title: 'On', cell: (row) => row.subject ?? row.subjectType },
  { key: 'detail', title: 'Detail', cell: (row) => detailInWords(row.detail) },
];
