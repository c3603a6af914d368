'use client';

import { Button, Group, Text, Title } from '@mantine/core';
import { type CheckpointDetail, checkpointRoutes, type KeepReason } from '@rankloop/contracts';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ShortHash } from '../../components/short-hash.tsx';
import { QueryState } from '../../components/states.tsx';
import { YamlDetails } from '../../components/yaml-details.tsx';
import { call, urlOf } from '../../lib/api-client.ts';
import { bytes, counted } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { FormError } from '../account/form-error.tsx';
import './checkpoints.css';
import { figuresInWords } from './figures-in-words.ts';
import { PromoteButton } from './promote-button.tsx';
import { usePromote } from './use-promote.ts';

/** One checkpoint with its card. */
export function CheckpointPage({ checkpointId }: { checkpointId: string }) {
  const { projectId } = useMembership();
  const key = ['checkpoints', projectId, 'one', checkpointId];
  const detail = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      call(checkpointRoutes.getCheckpoint, { params: { projectId, checkpointId } }, { signal }),
  });
  const refresh = useRefresh(key);
  useLive('checkpoint', (event) => {
    if (event.projectId === projectId) refresh();
  });
  return (
    <Page
      title={detail.data?.checkpoint.name ?? 'Checkpoint'}
      actions={detail.data && <Actions detail={detail.data} />}
    >
      <QueryState query={detail} lines={10}>
        {(data) => <Card detail={data} />}
      </QueryState>
    </Page>
  );
}

function Actions({ detail: { checkpoint } }: { detail: CheckpointDetail }) {
  const { projectId, slug } = useMembership();
  const promote = usePromote(projectId);
  const params = { projectId, checkpointId: checkpoint.id };
  return (
    <>
      <Group gap="xs">
        <PromoteButton
          row={checkpoint}
          // It was in use once, so that using it again is going back.
          goesBack={checkpoint.promotedAt !== null}
          isBusy={promote.isPending}
          onPromote={() => promote.mutate(checkpoint.id)}
          size="sm"
        />
        <Button component={Link} href={`/p/${slug}/checkpoints/${checkpoint.id}/lineage`} variant="default">
          Lineage
        </Button>
        {checkpoint.prunedAt === null && (
          <Button
            component="a"
            href={urlOf(checkpointRoutes.downloadCheckpoint, { params })}
            download
            variant="default"
          >
            Download
          </Button>
        )}
      </Group>
      <FormError error={promote.error} />
    </>
  );
}

function Card({ detail }: { detail: CheckpointDetail }) {
  const { slug } = useMembership();
  const { checkpoint, keptFor, round, snapshot, stages, files, lineageHash, children, childCount } = detail;
  const figures = figuresInWords(checkpoint);
  const isPruned = checkpoint.prunedAt !== null;
  return (
    <>
      <div className="ckp-marks">
        <Text size="sm">{checkpoint.kind === 'policy' ? 'Policy' : 'Reward model'}</Text>
        {checkpoint.isCurrent && (
          <Text size="sm" c="var(--rl-accent-text)">
            ✓ in use
          </Text>
        )}
        <Text size="sm" c="dimmed">
          Made <RelativeTime at={checkpoint.createdAt} />
        </Text>
      </div>
      {isPruned && (
        <Text size="sm" mt="xs">
          ▲ Its files were deleted <RelativeTime at={checkpoint.prunedAt} /> to make room. It cannot be used
          any more; what is below stays.
        </Text>
      )}
      <section className="rl-section" aria-labelledby="data">
        <Title order={2} size="h4" id="data">
          Data
        </Title>
        {snapshot ? (
          <Text size="sm">
            {counted(snapshot.judgements, 'judgement')} by {counted(snapshot.people, 'labeler')}, snapshot{' '}
            <ShortHash hash={snapshot.hash} /> ({snapshot.name}).
          </Text>
        ) : (
          <Text size="sm" c="dimmed">
            {round ? 'No judgements.' : 'It came from outside: nothing is known of its data.'}
          </Text>
        )}
      </section>
      <section className="rl-section" aria-labelledby="measured">
        <Title order={2} size="h4" id="measured">
          Measured
        </Title>
        {figures.length > 0 ? (
          figures.map((figure) => (
            <Text key={figure} size="sm">
              {figure}
            </Text>
          ))
        ) : (
          <Text size="sm" c="dimmed">
            Nothing was measured.
          </Text>
        )}
      </section>
      <section className="rl-section" aria-labelledby="origin">
        <Title order={2} size="h4" id="origin">
          Comes from
        </Title>
        <dl className="rl-panel rl-facts ckp-facts">
          <div>
            <dt>Round</dt>
            <dd>
              {round ? (
                <Link href={`/p/${slug}/rounds/${round.id}`} className="rl-link">
                  Round {round.number}
                </Link>
              ) : (
                'none'
              )}
            </dd>
          </div>
          <div>
            <dt>Stages</dt>
            <dd>{stages.length > 0 ? stages.map(({ name }) => name).join(' → ') : 'none'}</dd>
          </div>
          <div>
            <dt>Made of</dt>
            <dd>
              <Links slug={slug} items={detail.madeOf} none="nothing that is known here" />
            </dd>
          </div>
          <div>
            <dt>Made of it</dt>
            <dd>
              <Links slug={slug} items={children} none="nothing yet" />
              {children.length < childCount &&
                `These are the newest of ${counted(childCount, 'checkpoint')}.`}
            </dd>
          </div>
        </dl>
      </section>
      {stages.length > 0 && (
        <section className="rl-section" aria-labelledby="settings">
          <Title order={2} size="h4" id="settings">
            Settings
          </Title>
          <YamlDetails
            summary="Its stages as a YAML document"
            value={{ stages: stages.map(({ name, recipe, settings }) => ({ name, recipe, ...settings })) }}
          />
        </section>
      )}
      <section className="rl-section" aria-labelledby="files">
        <Title order={2} size="h4" id="files">
          Files
        </Title>
        <Text size="sm" mb="xs">
          {isPruned ? 'Deleted' : `${bytes(checkpoint.bytes)}. ${keptInWords(keptFor)}`} Together{' '}
          <ShortHash hash={checkpoint.manifestHash} />
          {lineageHash !== null && (
            <>
              , with what they were made of <ShortHash hash={lineageHash} />
            </>
          )}
          .
        </Text>
        <DataTable
          label="Files with their hashes"
          columns={FILE_COLUMNS}
          rows={files}
          rowKey={({ name }) => name}
        />
      </section>
    </>
  );
}

interface LinksProps {
  slug: string;
  items: readonly { id: string; name: string }[];
  none: string;
}

function Links({ slug, items, none }: LinksProps) {
  if (items.length === 0) return none;
  return items.map(({ id, name }) => (
    <div key={id}>
      <Link href={`/p/${slug}/checkpoints/${id}`} className="rl-link">
        {name}
      </Link>
    </div>
  ));
}

const KEPT: Record<KeepReason, string> = {
  'in-use': 'it is in use',
  'of-the-round-in-use': 'its round made the policy in use',
  'active-round': 'a round under way needs it',
  'from-outside': 'it came from outside',
  promoted: 'it was in use once',
  last: 'it is among the newest',
  best: 'it is among the best',
};

function keptInWords(reasons: readonly KeepReason[]): string {
  if (reasons.length === 0) return 'The settings do not keep its files.';
  return `Kept because ${reasons.map((reason) => KEPT[reason]).join(', ')}.`;
}

const FILE_COLUMNS: Column<CheckpointDetail['files'][number]>[] = [
  { key: 'name', title: 'File', cell: ({ name }) => name },
  { key: 'bytes', title: 'Size', align: 'right', cell: (file) => bytes(file.bytes) },
  { key: 'sha256', title: 'SHA-256', cell: ({ sha256 }) => <ShortHash hash={sha256} /> },
];
