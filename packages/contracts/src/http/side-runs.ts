import { z } from 'zod';
import { Id, Timestamp } from '../common.ts';

/** Of work outside of rounds that somebody waits for. */
export const SideRunState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
export type SideRunState = z.infer<typeof SideRunState>;

/** What every such work tells of itself. */
export const SideRunView = z.object({
  id: Id,
  state: SideRunState,
  /** How many others of its kind are before it. */
  ahead: z.number().int(),
  /** Why it failed, for people. */
  reason: z.string().nullable(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
});
export type SideRunView = z.infer<typeof SideRunView>;

/** `side-run` events: there is more of it to read. */
export const SideRunEventData = z.object({ runId: z.guid(), state: SideRunState });
export type SideRunEventData = z.infer<typeof SideRunEventData>;
