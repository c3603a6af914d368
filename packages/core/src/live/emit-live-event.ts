import type { LiveTopic } from '@rankloop/contracts';
import type { Db, Prisma } from '@rankloop/db';

export interface LiveEventInput {
  topic: LiveTopic;
  projectId: string | null;
  /** When set, only this person's streams carry it. */
  userId?: string | null;
  /** Small: ids and counts; pages read the rest over HTTP. */
  data: Record<string, unknown>;
}

/** Inside a Prisma transaction the event is heard when that commits; with a pool at once. */
export type LiveEventSink = Pick<Prisma.TransactionClient, 'liveEvent'> | Pick<Db, 'pool'>;

/** Tells open pages that something changed; a trigger notifies every API process. */
export async function emitLiveEvent(sink: LiveEventSink, event: LiveEventInput): Promise<void> {
  const { topic, projectId, userId = null, data } = event;
  const json = JSON.stringify(data);
  if ('liveEvent' in sink) {
    await sink.liveEvent.create({ data: { topic, projectId, userId, data: JSON.parse(json) as object } });
    return;
  }
  await sink.pool.query({
    name: 'emit_live_event',
    text: 'INSERT INTO live_event ("projectId", "userId", topic, data) VALUES ($1, $2, $3, $4::jsonb)',
    values: [projectId, userId, topic, json],
  });
}
