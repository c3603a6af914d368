'use client';

import { Button, Text, Title } from '@mantine/core';
import { datasetRoutes, type ImportView } from '@rankloop/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { bytes, count } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { ChosenFile } from './chosen-file.tsx';
import { FileDrop } from './file-drop.tsx';
import { formatLabel } from './formats.ts';
import { ImportErrors } from './import-errors.tsx';
import { ImportResult } from './import-result.tsx';
import './imports.css';

export function ImportsPage() {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [result, setResult] = useState<ImportView | null>(null);
  const [shown, setShown] = useState<ImportView | null>(null);
  const onDone = (view: ImportView) => {
    setFile(null);
    setResult(view);
    void queryClient.invalidateQueries({ queryKey: ['imports', projectId] });
  };
  return (
    <Page title="Import">
      {result && (
        <ImportResult view={result} onShowErrors={() => setShown(result)} onLeave={() => setResult(null)} />
      )}
      {file ? (
        <ChosenFile file={file} onDone={onDone} onLeave={() => setFile(null)} />
      ) : (
        result === null && <FileDrop onFile={setFile} />
      )}
      <Past onShowErrors={setShown} />
      <ImportErrors view={shown} onClose={() => setShown(null)} />
    </Page>
  );
}

function Past({ onShowErrors }: { onShowErrors: (view: ImportView) => void }) {
  const { projectId } = useMembership();
  const key = ['imports', projectId];
  const pages = usePages(key, (cursor, signal) =>
    call(datasetRoutes.listImports, { params: { projectId }, query: { cursor, limit: 20 } }, { signal }),
  );
  const refresh = useRefresh(key);
  useLive('import', (event) => {
    if (event.projectId === projectId) refresh();
  });
  return (
    <section className="rl-section" aria-labelledby="past-imports">
      <Title order={2} size="h4" id="past-imports">
        Imports so far
      </Title>
      <QueryState query={{ ...pages, data: pages.rows }} lines={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              None yet.
            </Text>
          ) : (
            <DataTable
              label="Imports"
              columns={columnsFor(onShowErrors)}
              rows={rows}
              rowKey={(row) => row.id}
              onMore={pages.onMore}
              loadingMore={pages.loadingMore}
            />
          )
        }
      </QueryState>
    </section>
  );
}

const STATE_WORDS: Record<ImportView['state'], string> = {
  running: '▶ reading',
  succeeded: '✓ in',
  failed: '▲ failed',
  cancelled: '□ cancelled',
};

function columnsFor(onShowErrors: (view: ImportView) => void): Column<ImportView>[] {
  return [
    { key: 'file', title: 'File', cell: (row) => <span className="rl-clip">{row.fileName}</span> },
    { key: 'format', title: 'Format', cell: (row) => formatLabel(row.format) },
    {
      key: 'state',
      title: 'State',
      cell: (row) => (
        <>
          {STATE_WORDS[row.state]}
          {row.reason !== null && <Text size="xs">{row.reason}</Text>}
        </>
      ),
    },
    { key: 'bytes', title: 'Read', align: 'right', cell: (row) => bytes(row.bytesRead) },
    { key: 'lines', title: 'Lines', align: 'right', cell: (row) => count(row.linesRead) },
    { key: 'prompts', title: 'New prompts', align: 'right', cell: (row) => count(row.promptsCreated) },
    { key: 'tasks', title: 'New tasks', align: 'right', cell: (row) => count(row.tasksCreated) },
    { key: 'judgements', title: 'Judgements', align: 'right', cell: (row) => count(row.judgementsCreated) },
    { key: 'known', title: 'Known', align: 'right', cell: (row) => count(row.duplicates) },
    {
      key: 'bad',
      title: 'Bad lines',
      align: 'right',
      cell: (row) =>
        row.badLines === 0 ? (
          '0'
        ) : (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${count(row.badLines)} bad lines of ${row.fileName}`}
            onClick={() => onShowErrors(row)}
          >
            {count(row.badLines)}
          </Button>
        ),
    },
    { key: 'when', title: 'When', cell: (row) => <RelativeTime at={row.createdAt} /> },
  ];
}
