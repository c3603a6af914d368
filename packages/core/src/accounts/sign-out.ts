import type { Db } from '@rankloop/db';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import type { Principal } from './principal.ts';

/** Ends this session and its stream. Signing out twice is fine. */
export async function signOut(db: Db, principal: Principal | null): Promise<void> {
  if (principal?.via.kind !== 'session') return;
  const { sessionId } = principal.via;
  await db.prisma.session.deleteMany({ where: { id: sessionId } });
  await emitLiveEvent(db, { topic: 'person', projectId: null, userId: principal.userId, data: {} });
}
