'use client';

import { Text, Title } from '@mantine/core';
import { type Readiness, systemRoutes, type SystemView } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { bytes, count, counted } from '../../lib/format.ts';
import { readReadiness } from './read-readiness.ts';

const REREAD_MS = 5000;

export function SystemPage() {
  const system = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => call(systemRoutes.getSystem, {}, { signal }),
    refetchInterval: REREAD_MS,
  });
  const readiness = useQuery({
    queryKey: ['system', 'readiness'],
    queryFn: ({ signal }) => readReadiness(signal),
    refetchInterval: REREAD_MS,
  });
  return (
    <Page title="System">
      <QueryState query={system}>{(view) => <Facts system={view} />}</QueryState>
      <section className="rl-section" aria-labelledby="ready">
        <Title order={2} size="h4" id="ready">
          Readiness
        </Title>
        <QueryState query={readiness} lines={3}>
          {({ checks }) => (
            <DataTable
              label="State of each part"
              columns={CHECKS}
              rows={checks}
              rowKey={({ name }) => name}
            />
          )}
        </QueryState>
      </section>
      <section className="rl-section" aria-labelledby="backup">
        <Title order={2} size="h4" id="backup">
          Backup
        </Title>
        <Text size="sm">
          Database and checkpoints go into one file, while everything runs:{' '}
          <code className="rl-hash">npm run rankloop -- backup FILE</code>. Into an empty installation:{' '}
          <code className="rl-hash">npm run rankloop -- restore FILE</code>.
        </Text>
      </section>
    </Page>
  );
}

function Facts({ system }: { system: SystemView }) {
  const { version, engine, queue, database, disk, workers } = system;
  return (
    <>
      <dl className="rl-panel rl-facts system-facts">
        <div>
          <dt>Numeric engine</dt>
          <dd>
            {engine?.name ?? 'not known'}
            <small>
              {engine
                ? `${counted(engine.threads, 'thread')}.${engine.why === '' ? '' : ` No faster one works here: ${engine.why}`}`
                : 'told by the worker when it is up'}
            </small>
          </dd>
        </div>
        <div>
          <dt>Queue</dt>
          <dd>
            {queue.backend === 'redis' ? 'Redis' : 'PostgreSQL'}
            <small>
              {count(queue.waiting)} waiting, {count(queue.active)} at work
            </small>
          </dd>
        </div>
        <div>
          <dt>Database</dt>
          <dd>
            {bytes(database.bytes)}
            <small>
              PostgreSQL {database.version},{' '}
              {database.embedded ? 'run by this installation' : 'run elsewhere'}
            </small>
          </dd>
        </div>
        <div>
          <dt>Disk</dt>
          <dd>
            {bytes(disk.freeBytes)} free
            <small>{bytes(disk.usedBytes)} used by models and files</small>
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{version}</dd>
        </div>
      </dl>
      <section className="rl-section" aria-labelledby="workers">
        <Title order={2} size="h4" id="workers">
          Workers
        </Title>
        {workers.length === 0 ? (
          <Text size="sm">▲ No worker is up: rounds wait until one is.</Text>
        ) : (
          <DataTable label="Workers that are up" columns={WORKERS} rows={workers} rowKey={({ id }) => id} />
        )}
      </section>
    </>
  );
}

const CHECKS: readonly Column<Readiness['checks'][number]>[] = [
  { key: 'name', title: 'Part', cell: ({ name }) => name },
  { key: 'ok', title: 'State', cell: ({ ok }) => (ok ? '✓ ready' : '▲ not ready') },
  { key: 'required', title: 'Needed', cell: ({ required }) => (required ? 'always' : 'for some things') },
  { key: 'detail', title: 'Detail', cell: ({ detail }) => detail },
];

const WORKERS: readonly Column<SystemView['workers'][number]>[] = [
  { key: 'host', title: 'Machine', cell: ({ hostname }) => hostname },
  { key: 'pid', title: 'Process', cell: ({ pid }) => pid },
  { key: 'seen', title: 'Last seen', cell: ({ seenAt }) => <RelativeTime at={seenAt} /> },
];
