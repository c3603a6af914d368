'use client';

import {
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  NumberInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { accountRoutes, type ApiToken, TokenScope } from '@rankloop/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { fieldError, FormError } from './form-error.tsx';

const KEY = ['account', 'tokens'];

const SCOPE_HELP: Record<TokenScope, string> = {
  read: 'read projects, rounds, judgements',
  label: 'claim and answer tasks',
  import: 'import prompts and outputs',
  export: 'freeze and export datasets',
  train: 'start and cancel rounds',
  admin: 'manage people and settings',
};

export function ApiTokens() {
  const queryClient = useQueryClient();
  const tokens = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => call(accountRoutes.listApiTokens, {}, { signal }),
  });
  const revoke = useMutation({
    mutationFn: (tokenId: string) => call(accountRoutes.deleteApiToken, { params: { tokenId } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
  const columns: Column<ApiToken>[] = [
    { key: 'name', title: 'Name', cell: (token) => token.name },
    { key: 'hint', title: 'Begins with', cell: (token) => <Code>{token.hint}</Code> },
    { key: 'scopes', title: 'May', cell: (token) => token.scopes.join(', ') },
    { key: 'used', title: 'Last used', cell: (token) => <RelativeTime at={token.lastUsedAt} /> },
    {
      key: 'ends',
      title: 'Ends',
      cell: (token) => (token.expiresAt === null ? 'never' : <RelativeTime at={token.expiresAt} />),
    },
    {
      key: 'revoke',
      title: <span className="rl-visually-hidden">Actions</span>,
      cell: (token) => (
        <Button
          size="compact-xs"
          variant="default"
          loading={revoke.isPending && revoke.variables === token.id}
          onClick={() => revoke.mutate(token.id)}
          aria-label={`Revoke ${token.name}`}
        >
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        A token lets a script act for you, within its scopes and never beyond your role.
      </Text>
      <FormError error={revoke.error} />
      <QueryState query={tokens} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm">You have no tokens.</Text>
          ) : (
            <DataTable label="API tokens" columns={columns} rows={items} rowKey={(token) => token.id} />
          )
        }
      </QueryState>
      <NewToken onMade={() => void queryClient.invalidateQueries({ queryKey: KEY })} />
    </Stack>
  );
}

function NewToken({ onMade }: { onMade: () => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<TokenScope[]>(['read']);
  const [days, setDays] = useState<number | string>(90);
  const create = useMutation({
    mutationFn: () =>
      call(accountRoutes.createApiToken, {
        body: { name, scopes, ...(typeof days === 'number' ? { expiresInDays: days } : {}) },
      }),
    onSuccess: () => {
      setName('');
      onMade();
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="rl-panel">
      <Stack p="md" gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput
            label="Name of a new token"
            required
            withAsterisk={false}
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fieldError(create.error, '/name')}
          />
          <NumberInput
            label="Ends after, days (empty: never)"
            min={1}
            max={365}
            value={days}
            onChange={setDays}
          />
        </Group>
        <Checkbox.Group
          label="It may"
          value={scopes}
          onChange={(values) => setScopes(TokenScope.options.filter((scope) => values.includes(scope)))}
          error={fieldError(create.error, '/scopes')}
        >
          <Stack gap={4} mt={4}>
            {TokenScope.options.map((scope) => (
              <Checkbox key={scope} value={scope} label={`${scope}: ${SCOPE_HELP[scope]}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <FormError error={create.error} />
        {create.data && <Secret secret={create.data.secret} />}
        <div>
          <Button type="submit" variant="default" loading={create.isPending} disabled={scopes.length === 0}>
            Make token
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function Secret({ secret }: { secret: string }) {
  return (
    <Stack gap={4} role="status">
      <Text size="sm">Copy it now; it is not shown again.</Text>
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{secret}</Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
