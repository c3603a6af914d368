import { roleAtLeast, type Role } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import type { StoredLiveEvent } from './read-live-events.ts';

/** What one open stream may carry. */
export interface StreamRights {
  userId: string;
  siteAdmin: boolean;
  roles: ReadonlyMap<string, Role>;
}

interface Row {
  sessionId: string;
  userId: string;
  siteAdmin: boolean;
  projectId: string | null;
  role: Role | null;
}

/** Rights of the sessions that are still valid; one that is missing has ended. */
export async function findStreamRights(
  pool: Pick<Db['pool'], 'query'>,
  sessionIds: readonly string[],
): Promise<Map<string, StreamRights>> {
  const { rows } = await pool.query<Row>({
    name: 'stream_rights',
    text: `SELECT s.id AS "sessionId", u.id AS "userId", u."siteAdmin", m."projectId", m.role
      FROM session s JOIN "user" u ON u.id = s."userId" LEFT JOIN membership m ON m."userId" = u.id
      WHERE s.id = ANY($1::uuid[]) AND s."expiresAt" > now() AND u."disabledAt" IS NULL`,
    values: [sessionIds],
  });
  const bySession = new Map<string, { userId: string; siteAdmin: boolean; roles: Map<string, Role> }>();
  for (const { sessionId, userId, siteAdmin, projectId, role } of rows) {
    const rights = bySession.get(sessionId) ?? { userId, siteAdmin, roles: new Map<string, Role>() };
    if (projectId !== null && role !== null) rights.roles.set(projectId, role);
    bySession.set(sessionId, rights);
  }
  return bySession;
}

/** Labelers hear of new tasks and of themselves; researchers hear everything in their projects. */
export function maySee(rights: StreamRights, event: StoredLiveEvent): boolean {
  if (event.userId !== null) return event.userId === rights.userId;
  if (event.projectId === null) return rights.siteAdmin;
  if (rights.siteAdmin) return true;
  const role = rights.roles.get(event.projectId);
  if (role === undefined) return false;
  return event.topic === 'task' || roleAtLeast(role, 'researcher');
}
