'use client';

import { Button, Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { JudgementOutcome, labelingRoutes, type RouteOutput } from '@rankloop/contracts';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Choice } from '../../components/choice.tsx';
import type { Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { duration } from '../../lib/time.ts';
import { usePages } from '../../lib/use-pages.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { OUTCOME_WORDS, Source, SOURCE_WORDS, sourceWord } from './words.ts';

type Row = RouteOutput<'listJudgements'>['items'][number];

const PER_PAGE = 50;
const REREAD_MS = 5000;

interface Filters {
  outcome: JudgementOutcome | null;
  source: Source | null;
  labeler: string;
}
const NO_FILTERS: Filters = { outcome: null, source: null, labeler: '' };

export function JudgementsPage() {
  const { projectId, slug } = useMembership();
  const router = useRouter();
  const [filters, setFilters] = useState(NO_FILTERS);
  const [labeler] = useDebouncedValue(filters.labeler.trim(), 300);
  const { outcome, source } = filters;
  const pages = usePages(['judgements', projectId, outcome, source, labeler], (cursor, signal) =>
    call(
      labelingRoutes.listJudgements,
      {
        params: { projectId },
        query: {
          cursor,
          limit: PER_PAGE,
          ...(outcome && { outcome }),
          ...(source && { source }),
          ...(labeler !== '' && { labeler }),
        },
      },
      { signal },
    ),
  );
  const refresh = useRefresh(['judgements', projectId], REREAD_MS);
  useLive('judgement', (event) => {
    if (event.projectId === projectId) refresh();
  });
  const isFiltered = outcome !== null || source !== null || labeler !== '';
  return (
    <Page title="Judgements">
      <FilterBar filters={filters} onChange={setFilters} />
      <PagedTable
        pages={pages}
        label="Judgements"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        onOpen={(row) => router.push(`/p/${slug}/judgements/${row.id}`)}

        empty={
          isFiltered ? (
            <EmptyState
              title="Nothing fits these filters"
              action={
                <Button variant="default" onClick={() => setFilters(NO_FILTERS)}>
                  Clear the filters
                </Button>
              }
            >
              A labeler is found by the whole pseudonym, as it stands in the list.
            </EmptyState>
          ) : (
            <EmptyState
              title="No judgements yet"
              action={
                <Button component={Link} href={`/p/${slug}/label`}>
                  Label
                </Button>
              }
            >
              Each answer of a person to a task is one row here, never changed afterwards; an edit is a new
              revision.
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

interface FilterBarProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

function FilterBar({ filters, onChange }: FilterBarProps) {
  return (
    <Group className="rl-filters" role="search" aria-label="Filter judgements">
      <Choice
        label="Outcome"
        placeholder="any"
        clearable
        w={156}
        data={Object.entries(OUTCOME_WORDS).map(([value, label]) => ({ value, label }))}
        value={filters.outcome}
        onChange={(value) =>
          onChange({ ...filters, outcome: JudgementOutcome.safeParse(value).data ?? null })
        }
      />
      <Choice
        label="Given by"
        placeholder="anyone"
        clearable
        w={156}
        data={Object.entries(SOURCE_WORDS).map(([value, label]) => ({ value, label }))}
        value={filters.source}
        onChange={(value) => onChange({ ...filters, source: Source.safeParse(value).data ?? null })}
      />
      <TextInput
        label="Labeler"
        placeholder="pseudonym"
        w={156}
        maxLength={80}
        value={filters.labeler}
        onChange={(event) => onChange({ ...filters, labeler: event.currentTarget.value })}
      />
    </Group>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'when', title: 'Given', cell: (row) => <RelativeTime at={row.createdAt} /> },
  {
    key: 'summary',
    title: 'Answer',
    cell: (row) => (
      <>
        {row.summary}
        {row.revision > 1 && ` (revision ${row.revision})`}
      </>
    ),
  },
  { key: 'prompt', title: 'Prompt', cell: (row) => <span className="rl-clip">{row.promptStart}</span> },
  { key: 'labeler', title: 'Labeler', cell: (row) => row.labeler },
  { key: 'source', title: 'By', cell: (row) => sourceWord(row.source) },
  {
    key: 'time',
    title: 'Active time',
    align: 'right',
    cell: (row) => (row.source === 'person' ? duration(row.activeMs) : '-'),
  },
];
