import './strict-csp.ts';
import { z } from 'zod';

/**
 * All that the audit trail tells of: what it happened to, and what happened, in the past tense. A name that has been
 * written stays in the rows for ever, so renaming one takes a migration.
 */
export const AuditAction = z.enum([
  'admin.created',
  'auto-rounds.changed',
  'checkpoint.added',
  'checkpoint.exported',
  'checkpoint.promoted',
  'checkpoint.pruned',
  'corpus.added',
  'curve.cancelled',
  'curve.started',
  'import.ended',
  'import.started',
  'invitation.accepted',
  'invitation.created',
  'invitation.revoked',
  'labeler.excluded',
  'labeler.included',
  'password.changed',
  'password.reset',
  'person.removed',
  'project.created',
  'project.updated',
  'reset-link.created',
  'retention.changed',
  'role.changed',
  'round.cancelled',
  'round.retried',
  'round.started',
  'simulation.cancelled',
  'simulation.started',
  'snapshot.created',
  'snapshot.exported',
  'token.created',
  'token.revoked',
  'user.disabled',
  'user.enabled',
  'user.signed-in',
]);
export type AuditAction = z.infer<typeof AuditAction>;
