'use client';

import { NativeSelect } from '@mantine/core';
import { accountRoutes, type Person, Role } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import type { Column } from '../../components/data-table.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { call } from '../../lib/api-client.ts';
import { count } from '../../lib/format.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { FormError } from '../account/form-error.tsx';
import { ROLES } from './roles.ts';

/** That somebody joined is told to nobody else, so it is asked for; judgements come on the stream. */
const REREAD_MS = 10_000;

/** The members of the project with their roles. */
export function Members() {
  const { projectId, slug, me } = useMembership();
  const queryClient = useQueryClient();
  const key = ['people', 'members', projectId];
  const pages = usePages(
    key,
    (cursor, signal) =>
      call(accountRoutes.listPeople, { params: { projectId }, query: { cursor, limit: 50 } }, { signal }),
    { refetchInterval: REREAD_MS },
  );
  const refresh = useRefresh(key, REREAD_MS);
  useLive('judgement', (event) => {
    if (event.projectId === projectId) refresh();
  });
  const onSettled = () => queryClient.invalidateQueries({ queryKey: key });
  const change = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: Role }) =>
      call(accountRoutes.updatePerson, { params: { projectId, userId }, body: { role } }),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (userId: string) => call(accountRoutes.removePerson, { params: { projectId, userId } }),
    onSettled,
  });
  const columns = columnsFor({
    ownId: me.id,
    slug,
    onRole: (userId, role) => change.mutate({ userId, role }),
    onRemove: (userId) => remove.mutate(userId),
  });
  return (
    <>
      <FormError error={change.error ?? remove.error} />
      <PagedTable pages={pages} label="Members" columns={columns} rowKey={(row) => row.userId} />
    </>
  );
}

interface ColumnsOptions {
  ownId: string;
  slug: string;
  onRole: (userId: string, role: Role) => void;
  onRemove: (userId: string) => void;
}

function columnsFor({ ownId, slug, onRole, onRemove }: ColumnsOptions): Column<Person>[] {
  return [
    {
      key: 'name',
      title: 'Name',
      nowrap: true,
      cell: (row) => (
        <>
          <strong>{row.name}</strong>
          {row.disabledAt !== null && ' ▲ disabled'}
        </>
      ),
    },
    { key: 'email', title: 'E-mail', cell: (row) => row.email },
    {
      key: 'role',
      title: 'Role',
      cell: (row) => (
        <NativeSelect
          size="xs"
          w={128}
          aria-label={`Role of ${row.name}`}
          data={[...ROLES]}
          value={row.role}
          onChange={(event) => {
            const role = Role.safeParse(event.currentTarget.value);
            if (role.success) onRole(row.userId, role.data);
          }}
        />
      ),
    },
    {
      key: 'pseudonym',
      title: 'Pseudonym',
      nowrap: true,
      cell: (row) => (
        <Link href={`/p/${slug}/lineage/labelers/${row.userId}`} className="rl-link">
          {row.pseudonym}
        </Link>
      ),
    },
    { key: 'judgements', title: 'Judgements', align: 'right', cell: (row) => count(row.judgements) },
    { key: 'last', title: 'Last one', cell: (row) => <RelativeTime at={row.lastJudgementAt} /> },
    { key: 'since', title: 'Member since', cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      key: 'remove',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) =>
        row.userId === ownId ? (
          'you'
        ) : (
          <ConfirmButton
            size="compact-xs"
            label={`Remove ${row.name}`}
            question={`${row.name} can no longer open this project. Judgements already given stay.`}
            confirm="Remove"
            onConfirm={() => onRemove(row.userId)}
          >
            Remove
          </ConfirmButton>
        ),
    },
  ];
}
