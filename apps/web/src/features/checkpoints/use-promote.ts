'use client';

import { checkpointRoutes } from '@rankloop/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../lib/api-client.ts';

/** Puts a policy in use; `variables` is its id while that is under way. */
export function usePromote(projectId: string) {
  const queryClient = useQueryClient();
  const mutation = useMutation({
    mutationFn: (checkpointId: string) =>
      call(checkpointRoutes.promoteCheckpoint, { params: { projectId, checkpointId } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['checkpoints', projectId] }),
  });
  return { ...mutation, variables: mutation.isPending ? mutation.variables : undefined };
}
