import { z } from 'zod';
import { Id } from './common.ts';

/** Payloads carry ids only; the rows are the truth. Parsed at enqueue and again at pickup. */
export const RunRoundJob = z.strictObject({ roundId: Id, attempt: z.number().int().min(1) });
export type RunRoundJob = z.infer<typeof RunRoundJob>;

/** Work outside of rounds; what is asked for stands in its row. */
export const SideRunJob = z.strictObject({ runId: Id });
export type SideRunJob = z.infer<typeof SideRunJob>;

/** Demo only: the worker drives synthetic labelers through the HTTP API. */
export const SimulateLabelersJob = z.strictObject({
  runId: Id,
  projectId: Id,
  judgements: z.number().int().min(1),
  requestedById: Id,
});
export type SimulateLabelersJob = z.infer<typeof SimulateLabelersJob>;
