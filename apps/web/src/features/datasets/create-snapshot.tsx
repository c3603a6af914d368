'use client';

import { datasetRoutes } from '@rankloop/contracts';
import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { call } from '../../lib/api-client.ts';
import { counted } from '../../lib/format.ts';
import { useMembership } from '../../lib/session.ts';
import { fieldError, FormError } from '../account/form-error.tsx';

/** Freezes the judgements in force now. */
export function CreateSnapshot() {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () =>
      call(datasetRoutes.createSnapshot, {
        params: { projectId },
        body: name.trim() === '' ? {} : { name: name.trim() },
      }),
    onSuccess: () => {
      setName('');
      void queryClient.invalidateQueries({ queryKey: ['datasets', projectId] });
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={onSubmit}>
      <Group className="rl-filters" align="flex-end">
        <TextInput
          label="Name of a new snapshot"
          placeholder="may stay empty"
          w={320}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(create.error, '/name')}
        />
        <Button type="submit" loading={create.isPending}>
          Freeze judgements
        </Button>
        {create.data && (
          <Text size="sm" role="status">
            {create.data.name} holds {counted(create.data.judgementCount, 'judgement')}.
          </Text>
        )}
      </Group>
      <FormError error={create.error} />
    </form>
  );
}
