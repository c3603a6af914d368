import { z } from 'zod';
import { Id, Timestamp } from '../common.ts';
import { WinRate } from './round-summary.ts';

export const CheckpointRow = z.object({
  id: Id,
  kind: z.enum(['policy', 'reward']),
  name: z.string(),
  parentId: Id.nullable(),
  roundId: Id.nullable(),
  roundNumber: z.number().int().nullable(),
  manifestHash: z.string(),
  bytes: z.number().int(),
  isCurrent: z.boolean(),
  promotedAt: Timestamp.nullable(),
  /** When its files were deleted to make room; null: it has them. */
  prunedAt: Timestamp.nullable(),
  metrics: z.record(z.string(), z.unknown()),
  /** Of a policy over the base, as the round that made it has measured. */
  winRate: WinRate.nullable(),
  createdAt: Timestamp,
});
export type CheckpointRow = z.infer<typeof CheckpointRow>;
