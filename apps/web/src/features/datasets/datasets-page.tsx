'use client';

import { Button, Text } from '@mantine/core';
import { datasetRoutes, roleAtLeast, type SnapshotView } from '@rankloop/contracts';
import { useState } from 'react';
import type { Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { CreateSnapshot } from './create-snapshot.tsx';
import { ExportDrawer } from './export-drawer.tsx';

const PER_PAGE = 50;

export function DatasetsPage() {
  const { projectId, role } = useMembership();
  const [chosen, setChosen] = useState<SnapshotView | null>(null);
  const pages = usePages(['datasets', projectId], (cursor, signal) =>
    call(
      datasetRoutes.listSnapshots,
      { params: { projectId }, query: { cursor, limit: PER_PAGE } },
      { signal },
    ),
  );
  const mayExport = roleAtLeast(role, 'admin');
  return (
    <Page title="Datasets">
      <Text size="sm" c="dimmed" mb="sm" maw={720}>
        A snapshot is an ordered list of judgements that never changes; the same judgements give the same
        hash. Rounds and exports read only snapshots.{!mayExport && ' Exports are for admins of the project.'}
      </Text>
      <CreateSnapshot />
      <PagedTable
        pages={pages}
        label="Snapshots"
        columns={columnsFor(mayExport ? setChosen : null)}
        rowKey={(row) => row.id}
        {...(mayExport ? { onOpen: setChosen } : {})}
        empty={
          <EmptyState title="No snapshots yet">
            Freeze the judgements above, or start a round: it makes a snapshot of its own.
          </EmptyState>
        }
      />
      <ExportDrawer snapshot={chosen} onClose={() => setChosen(null)} />
    </Page>
  );
}

function columnsFor(onExport: ((snapshot: SnapshotView) => void) | null): Column<SnapshotView>[] {
  const columns: Column<SnapshotView>[] = [
    { key: 'name', title: 'Name', cell: (row) => <strong>{row.name}</strong> },
    { key: 'hash', title: 'Hash', cell: (row) => <ShortHash hash={row.hash} /> },
    { key: 'count', title: 'Judgements', align: 'right', cell: (row) => count(row.judgementCount) },
    { key: 'who', title: 'Made by', cell: (row) => row.createdBy ?? 'a round' },
    { key: 'when', title: 'Made', cell: (row) => <RelativeTime at={row.createdAt} /> },
  ];
  if (onExport) {
    columns.push({
      key: 'export',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) => (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Export ${row.name}`}
          onClick={() => onExport(row)}
        >
          Export
        </Button>
      ),
    });
  }
  return columns;
}
