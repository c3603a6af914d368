export { findAccessBySession, findAccessByToken } from './accounts/find-access.ts';
export type { Access, Principal, ProjectAccess } from './accounts/principal.ts';
export { recordAuditEvent, type Actor, type AuditInput } from './audit/record-audit-event.ts';
export { emitLiveEvent, type LiveEventInput, type LiveEventSink } from './live/emit-live-event.ts';
export { trimLiveEvents } from './live/trim-live-events.ts';
export { decodeCursor, encodeCursor, olderThan, toPage, toTimePage, type Position } from './shared/page.ts';
export { hashSecret, newSecret } from './shared/secrets.ts';
export * from './labeling/index.ts';
export { findStreamRights, maySee, type StreamRights } from './live/find-stream-rights.ts';
export {
  findLiveEvents,
  getLiveEventBounds,
  listLiveEventsAfter,
  type StoredLiveEvent,
} from './live/read-live-events.ts';
