'use client';

import { Button, Group, Text, TextInput } from '@mantine/core';
import { checkpointRoutes, type LabelerLineage } from '@rankloop/contracts';
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { FormError } from '../account/form-error.tsx';

interface ExclusionProps {
  projectId: string;
  lineage: LabelerLineage;
  queryKey: QueryKey;
}

/** Leaves a labeler out of later snapshots, after saying what it touches; or takes them in again. */
export function Exclusion({ projectId, lineage, queryKey }: ExclusionProps) {
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  const { userId, pseudonym, excluded } = lineage;
  const params = { projectId, userId };
  const onSuccess = (next: LabelerLineage) => queryClient.setQueryData(queryKey, next);
  const exclude = useMutation({
    mutationFn: () => call(checkpointRoutes.excludeLabeler, { params, body: { reason: reason.trim() } }),
    onSuccess,
  });
  const include = useMutation({
    mutationFn: () => call(checkpointRoutes.includeLabeler, { params }),
    onSuccess,
  });
  return (
    <>
      {excluded ? (
        <Button mt="sm" variant="default" loading={include.isPending} onClick={() => include.mutate()}>
          Take into later snapshots again
        </Button>
      ) : (
        <>
          <Group mt="sm" align="flex-end">
            <TextInput
              label="Why to leave out"
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <ConfirmButton
              question={touchInWords(lineage)}
              confirm="Leave out"
              loading={exclude.isPending}
              disabled={reason.trim() === ''}
              onConfirm={() => exclude.mutate()}
            >
              Leave {pseudonym} out
            </ConfirmButton>
          </Group>
          {reason.trim() === '' && (
            <Text size="xs" c="dimmed" mt={4}>
              Give a reason; the audit trail does not keep it, this page does.
            </Text>
          )}
        </>
      )}
      <FormError error={exclude.error ?? include.error} />
    </>
  );
}

function touchInWords({ judgements, touchesCurrent, ...lineage }: LabelerLineage): string {
  const current = touchesCurrent ? ', among them the policy in use' : '';
  return `Later snapshots have none of ${counted(judgements, 'judgement')}. ${counted(lineage.snapshotCount, 'snapshot')} and ${counted(lineage.taughtCount, 'checkpoint')}${current} stay as they are: roll back or train anew where that matters.`;
}
