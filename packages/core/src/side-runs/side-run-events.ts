import type { SideRunEventData } from '@rankloop/contracts';
import type { SideRun } from '@rankloop/db';
import { emitLiveEvent, type LiveEventSink } from '../live/emit-live-event.ts';

/** Tells open pages that there is more to read. What somebody asks the playground is heard by that person alone. */
export async function emitSideRun(
  sink: LiveEventSink,
  run: Pick<SideRun, 'id' | 'projectId' | 'kind' | 'state' | 'createdById'>,
): Promise<void> {
  const { id: runId, projectId, kind, state, createdById } = run;
  const data: SideRunEventData = { runId, state };
  const userId = kind === 'playground' ? createdById : null;
  await emitLiveEvent(sink, { topic: 'side-run', projectId, userId, data });
}
