import type { RoundEventData } from '@rankloop/contracts';
import type { z } from 'zod';
import { emitLiveEvent, type LiveEventSink } from '../live/emit-live-event.ts';

/** Tells open pages that a round or one of its stages changed. */
export async function emitRound(
  sink: LiveEventSink,
  projectId: string,
  data: z.infer<typeof RoundEventData>,
): Promise<void> {
  await emitLiveEvent(sink, { topic: 'round', projectId, data });
}
