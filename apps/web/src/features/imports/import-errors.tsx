'use client';

import { Drawer, Text } from '@mantine/core';
import { datasetRoutes, type ImportErrorRow, type ImportView } from '@rankloop/contracts';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';

/** The bad lines of an import by number, each with its reason. */
export function ImportErrors({ view, onClose }: { view: ImportView | null; onClose: () => void }) {
  return (
    <Drawer
      opened={view !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={view ? `Bad lines of ${view.fileName}` : ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {view && <ErrorTable view={view} />}
    </Drawer>
  );
}

function ErrorTable({ view }: { view: ImportView }) {
  const { projectId } = useMembership();
  const pages = usePages(['imports', 'errors', view.id], (cursor, signal) =>
    call(
      datasetRoutes.listImportErrors,
      { params: { projectId, importId: view.id }, query: { cursor, limit: 100 } },
      { signal },
    ),
  );
  return (
    <>
      <Text size="sm" mb="sm">
        These lines were left out; all others are in. Mend them and import the file again: rows that are
        already in are recognised.
      </Text>
      <QueryState query={{ ...pages, data: pages.rows }}>
        {(rows) => (
          <>
            <DataTable
              label="Bad lines"
              columns={COLUMNS}
              rows={rows}
              rowKey={(row) => `${row.line} ${row.code} ${row.message}`}
              onMore={pages.onMore}
              loadingMore={pages.loadingMore}
            />
            {!pages.onMore && rows.length < view.badLines && (
              <Text size="sm" mt="sm">
                The first {count(rows.length)} of {count(view.badLines)} are kept.
              </Text>
            )}
          </>
        )}
      </QueryState>
    </>
  );
}

const COLUMNS: readonly Column<ImportErrorRow>[] = [
  { key: 'line', title: 'Line', align: 'right', cell: (row) => count(row.line) },
  { key: 'message', title: 'Reason', cell: (row) => row.message },
  {
    key: 'excerpt',
    title: 'Begins with',
    cell: (row) => <code className="rl-hash rl-clip">{row.excerpt}</code>,
  },
];
