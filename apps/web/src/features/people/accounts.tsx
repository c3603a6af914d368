'use client';

import { Button, Group } from '@mantine/core';
import { accountRoutes, type CreatedLink, type RouteOutput } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import type { Column } from '../../components/data-table.tsx';
import { OneTimeLink } from '../../components/one-time-link.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { FormError } from '../account/form-error.tsx';

type Account = RouteOutput<'listUsers'>['items'][number];

const KEY = ['people', 'accounts'];

/** Everyone with an account on this installation; for site admins. */
export function Accounts() {
  const { me } = useMembership();
  const queryClient = useQueryClient();
  const [reset, setReset] = useState<{ link: CreatedLink; name: string } | null>(null);
  const pages = usePages(KEY, (cursor, signal) =>
    call(accountRoutes.listUsers, { query: { cursor, limit: 50 } }, { signal }),
  );
  const onSettled = () => queryClient.invalidateQueries({ queryKey: ['people'] });
  const disable = useMutation({
    mutationFn: (userId: string) => call(accountRoutes.disableUser, { params: { userId } }),
    onSettled,
  });
  const enable = useMutation({
    mutationFn: (userId: string) => call(accountRoutes.enableUser, { params: { userId } }),
    onSettled,
  });
  const makeReset = useMutation({
    mutationFn: ({ id }: Account) => call(accountRoutes.createPasswordReset, { params: { userId: id } }),
    onSuccess: (link, { name }) => setReset({ link, name }),
  });
  const columns: Column<Account>[] = [
    {
      key: 'name',
      title: 'Name',
      nowrap: true,
      cell: (row) => (
        <>
          <strong>{row.name}</strong>
          {row.siteAdmin && ', site admin'}
        </>
      ),
    },
    { key: 'email', title: 'E-mail', cell: (row) => row.email },
    { key: 'since', title: 'Account since', cell: (row) => <RelativeTime at={row.createdAt} /> },
    {
      key: 'state',
      title: 'State',
      cell: (row) =>
        row.disabledAt === null ? (
          '✓ may sign in'
        ) : (
          <>
            ▲ disabled <RelativeTime at={row.disabledAt} />
          </>
        ),
    },
    {
      key: 'actions',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) =>
        row.id === me.id ? (
          'you'
        ) : (
          <Group gap={4} wrap="nowrap">
            {row.disabledAt === null ? (
              <ConfirmButton
                size="compact-xs"
                label={`Disable ${row.name}`}
                question={`${row.name} is signed out everywhere at once: sessions, tokens and leases end. Judgements stay.`}
                confirm="Disable"
                onConfirm={() => disable.mutate(row.id)}
              >
                Disable
              </ConfirmButton>
            ) : (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Enable ${row.name}`}
                onClick={() => enable.mutate(row.id)}
              >
                Enable
              </Button>
            )}
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Reset link for ${row.name}`}
              onClick={() => makeReset.mutate(row)}
            >
              Reset link
            </Button>
          </Group>
        ),
    },
  ];
  return (
    <>
      {reset && (
        <div style={{ marginBottom: 16 }}>
          <OneTimeLink
            link={reset.link}
            title={`Link for ${reset.name} to set a new password`}
            onDone={() => setReset(null)}
          />
        </div>
      )}
      <FormError error={disable.error ?? enable.error ?? makeReset.error} />
      <PagedTable pages={pages} label="Accounts" columns={columns} rowKey={(row) => row.id} />
    </>
  );
}
