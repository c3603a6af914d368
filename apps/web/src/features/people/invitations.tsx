'use client';

import { Button, Text } from '@mantine/core';
import { accountRoutes, type Invitation } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Column } from '../../components/data-table.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { usePages } from '../../lib/use-pages.ts';
import { FormError } from '../account/form-error.tsx';

/** A link that was just used shows so without a reload. */
const REREAD_MS = 10_000;

/** Links that were made, and whether they still work. The links themselves are not kept. */
export function Invitations() {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const key = ['people', 'invitations', projectId];
  const pages = usePages(
    key,
    (cursor, signal) =>
      call(
        accountRoutes.listInvitations,
        { params: { projectId }, query: { cursor, limit: 20 } },
        { signal },
      ),
    { refetchInterval: REREAD_MS },
  );
  const revoke = useMutation({
    mutationFn: (invitationId: string) =>
      call(accountRoutes.revokeInvitation, { params: { projectId, invitationId } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
  });
  const columns: Column<Invitation>[] = [
    { key: 'for', title: 'For', cell: (row) => row.email ?? 'whoever has the link' },
    { key: 'role', title: 'Role', cell: (row) => row.role ?? '-' },
    { key: 'made', title: 'Made', cell: (row) => <RelativeTime at={row.createdAt} /> },
    { key: 'state', title: 'State', cell: (row) => <InvitationState invitation={row} /> },
    {
      key: 'revoke',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (row) =>
        isOpen(row) && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Revoke the invitation for ${row.email ?? 'whoever has the link'}`}
            loading={revoke.isPending && revoke.variables === row.id}
            onClick={() => revoke.mutate(row.id)}
          >
            Revoke
          </Button>
        ),
    },
  ];
  return (
    <>
      <FormError error={revoke.error} />
      <PagedTable
        pages={pages}
        lines={3}
        label="Invitations so far"
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          <Text size="sm" c="dimmed" p="md">
            None yet. A link made above works once and ends by itself.
          </Text>
        }
      />
    </>
  );
}

function isOpen({ usedAt, revokedAt, expiresAt }: Invitation): boolean {
  return usedAt === null && revokedAt === null && Date.parse(expiresAt) > Date.now();
}

function InvitationState({ invitation }: { invitation: Invitation }) {
  const { usedAt, revokedAt, expiresAt } = invitation;
  if (usedAt !== null) {
    return (
      <>
        ✓ used <RelativeTime at={usedAt} />
      </>
    );
  }
  if (revokedAt !== null) {
    return (
      <>
        □ revoked <RelativeTime at={revokedAt} />
      </>
    );
  }
  return isOpen(invitation) ? (
    <>
      ○ open, ends <RelativeTime at={expiresAt} />
    </>
  ) : (
    <>□ ended unused</>
  );
}
