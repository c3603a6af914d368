'use client';

import { Button, Checkbox, Group, NumberInput, Text, Title } from '@mantine/core';
import { checkpointRoutes, type CheckpointStorage, RetentionSettings } from '@rankloop/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { bytes, counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { FormError } from '../account/form-error.tsx';

/** How much of the disk the checkpoints take, and which of them keep their files. */
export function StoragePanel({ projectId }: { projectId: string }) {
  const { role } = useMembership();
  const storage = useQuery({
    // Below the list's key: whatever changes checkpoints changes this.
    queryKey: ['checkpoints', projectId, 'storage'],
    queryFn: ({ signal }) =>
      call(checkpointRoutes.getCheckpointStorage, { params: { projectId } }, { signal }),
  });
  return (
    <section className="rl-section" aria-labelledby="storage">
      <Title order={2} size="h4" id="storage">
        Disk
      </Title>
      <QueryState query={storage} lines={3}>
        {(data) => (
          <>
            <Text size="sm">{usageInWords(data)}</Text>
            {role === 'admin' ? (
              <Retention key={JSON.stringify(data.settings)} projectId={projectId} storage={data} />
            ) : (
              <Text size="sm">{keptInWords(data.settings)}</Text>
            )}
          </>
        )}
      </QueryState>
    </section>
  );
}

function usageInWords({ checkpoints, bytes: all, storedBytes, pruned }: CheckpointStorage): string {
  const shared =
    all > storedBytes
      ? `, ${bytes(all - storedBytes)} less than apart because equal files are kept once`
      : '';
  const gone =
    pruned.checkpoints > 0
      ? ` The files of ${counted(pruned.checkpoints, 'more', 'more')} (${bytes(pruned.bytes)}) were deleted.`
      : '';
  return `${counted(checkpoints, 'checkpoint')} with files: ${bytes(storedBytes)}${shared}.${gone}`;
}

function keptInWords({ keepLast, keepBest, keepPromoted, isOn }: RetentionSettings): string {
  if (!isOn) return 'Nothing is deleted by itself.';
  return `Files are kept of the newest ${keepLast} and the best ${keepBest} of each kind${keepPromoted ? ', of what was in use once' : ''}, and always of what is in use.`;
}

function Retention({ projectId, storage }: { projectId: string; storage: CheckpointStorage }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<Record<keyof RetentionSettings, unknown>>(storage.settings);
  const change = (next: Partial<typeof draft>) => setDraft({ ...draft, ...next });
  const checked = RetentionSettings.safeParse(draft);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(storage.settings);
  const onSettled = () => queryClient.invalidateQueries({ queryKey: ['checkpoints', projectId] });
  const save = useMutation({
    mutationFn: (body: RetentionSettings) =>
      call(checkpointRoutes.updateRetention, { params: { projectId }, body }),
    onSettled,
  });
  const prune = useMutation({
    mutationFn: () => call(checkpointRoutes.pruneCheckpoints, { params: { projectId } }),
    onSettled,
  });
  const isWrong = (field: keyof RetentionSettings) =>
    checked.error?.issues.some(({ path }) => path[0] === field) === true;
  const { due } = storage;
  return (
    <>
      <Text size="sm" mb="sm">
        Always kept: what is in use with its reward models, what a round under way takes, and what came from
        outside. A checkpoint without files keeps its row, its card and its lineage, and cannot be used.
      </Text>
      <Group align="flex-end" gap="md">
        <NumberInput
          label="The newest of each kind"
          min={1}
          max={1000}
          allowDecimal={false}
          value={numberOf(draft.keepLast)}
          error={isWrong('keepLast') && 'Give a whole number from 1 to 1,000'}
          onChange={(keepLast) => change({ keepLast })}
        />
        <NumberInput
          label="The best of each kind"
          min={0}
          max={1000}
          allowDecimal={false}
          value={numberOf(draft.keepBest)}
          error={isWrong('keepBest') && 'Give a whole number from 0 to 1,000'}
          onChange={(keepBest) => change({ keepBest })}
        />
      </Group>
      <Checkbox
        mt="sm"
        label="Policies that were in use once"
        checked={draft.keepPromoted === true}
        onChange={(event) => change({ keepPromoted: event.currentTarget.checked })}
      />
      <Checkbox
        mt="sm"
        label="Delete the files of the others by itself, every hour"
        checked={draft.isOn === true}
        onChange={(event) => change({ isOn: event.currentTarget.checked })}
      />
      <Group mt="md">
        <Button
          variant="default"
          loading={save.isPending}
          disabled={!isChanged || !checked.success}
          onClick={() => checked.success && save.mutate(checked.data)}
        >
          Keep these
        </Button>
        {due.items.length > 0 && !isChanged && (
          <ConfirmButton
            question={`The files of ${namesInWords(due.items)} are deleted. They cannot be used, exported or begun from any more. Rows, cards and lineage stay.`}
            confirm="Delete files"
            loading={prune.isPending}
            onConfirm={() => prune.mutate()}
          >
            Delete files of {counted(due.items.length, 'checkpoint')}
          </ConfirmButton>
        )}
      </Group>
      {prune.data && (
        <Text size="sm" mt="sm" role="status">
          {counted(prune.data.items.length, 'checkpoint')} pruned, {bytes(prune.data.freedBytes)} given back.
        </Text>
      )}
      <FormError error={save.error ?? prune.error} />
    </>
  );
}

const NAMED = 5;

function namesInWords(items: readonly { name: string }[]): string {
  const names = items.slice(0, NAMED).map(({ name }) => name);
  const rest = items.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** A field is text while it is empty or half written. */
function numberOf(value: unknown): number | string {
  return typeof value === 'number' || typeof value === 'string' ? value : '';
}
