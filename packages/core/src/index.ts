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
export { changePassword } from './accounts/change-password.ts';
export { createApiToken, listApiTokens, revokeApiToken } from './accounts/api-tokens.ts';
export { createPasswordReset, resetPassword } from './accounts/password-reset.ts';
export { createSiteAdmin } from './accounts/create-site-admin.ts';
export { createUser } from './accounts/create-user.ts';
export { disableUser, enableUser } from './accounts/disable-user.ts';
export { getMe } from './accounts/get-me.ts';
export { listUsers } from './accounts/list-users.ts';
export { signIn } from './accounts/sign-in.ts';
export { signOut } from './accounts/sign-out.ts';
export { startSession, type NewSession } from './accounts/start-session.ts';
export { listAudit } from './audit/list-audit.ts';
export { acceptInvitation, readInvitation } from './people/accept-invitation.ts';
export { createInvitation, listInvitations, revokeInvitation } from './people/invitations.ts';
export { joinProject, newPseudonym } from './people/join-project.ts';
export { listPeople } from './people/list-people.ts';
export { removePerson, updatePersonRole } from './people/update-person.ts';
export { createProject, createProjectIn } from './projects/create-project.ts';
export { getProject, listProjects } from './projects/get-project.ts';
export { listPrompts } from './projects/list-prompts.ts';
export { updateProject } from './projects/update-project.ts';
export * from './checkpoints/index.ts';
export * from './lineage/index.ts';
export * from './rounds/index.ts';
export * from './auto-rounds/index.ts';
export * from './corpora/index.ts';
export * from './side-runs/index.ts';
export * from './playground/index.ts';
export * from './budget/index.ts';
export * from './snapshots/index.ts';
export * from './datasets/index.ts';
export { getLoop } from './projects/get-loop.ts';
export { requestSimulation, requestSimulationCancel } from './simulation/simulation.ts';
export { findSimulationProgress, reconcileSimulations } from './simulation/simulation-runs.ts';
export { deleteProject } from './projects/delete-project.ts';
export { setPassword } from './accounts/credentials.ts';
