import { z } from 'zod';
import { Id, pageOf, PageQuery, ProjectParams, Role, Timestamp, TokenScope } from '../common.ts';
import { defineRoutes, member, PUBLIC, signedIn, siteAdmin } from './route.ts';

export const Password = z.string().min(12, 'At least 12 characters').max(200);
export const Email = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());

/** Of a signed-in browser; its value is for the API alone. */
export const SESSION_COOKIE = 'rankloop_session';

export const SignInBody = z.strictObject({ email: Email, password: z.string().max(200) });

export const Me = z.object({
  id: Id,
  name: z.string(),
  email: z.string(),
  siteAdmin: z.boolean(),
  projects: z.array(
    z.object({ id: Id, slug: z.string(), name: z.string(), role: Role, isDemo: z.boolean() }),
  ),
});
export type Me = z.infer<typeof Me>;

export const Person = z.object({
  userId: Id,
  name: z.string(),
  email: z.string(),
  role: Role,
  pseudonym: z.string(),
  disabledAt: Timestamp.nullable(),
  judgements: z.number().int(),
  lastJudgementAt: Timestamp.nullable(),
  createdAt: Timestamp,
});
export type Person = z.infer<typeof Person>;

export const Invitation = z.object({
  id: Id,
  email: z.string().nullable(),
  role: Role.nullable(),
  siteAdmin: z.boolean(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  usedAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
});
export type Invitation = z.infer<typeof Invitation>;

export const CreateInvitationBody = z.strictObject({
  email: Email.optional(),
  role: Role.default('labeler'),
  expiresInHours: z
    .number()
    .int()
    .min(1)
    .max(24 * 30)
    .default(72),
});
/** `path` is the link's path and query on this origin, shown once. */
export const CreatedLink = z.object({ id: Id, path: z.string(), expiresAt: Timestamp });
export type CreatedLink = z.infer<typeof CreatedLink>;

export const LinkToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const InvitationInfo = z.object({
  email: z.string().nullable(),
  role: Role.nullable(),
  projectName: z.string().nullable(),
  expiresAt: Timestamp,
  /** The caller is signed in: accepting joins the project with that account. */
  signedInAs: z.string().nullable(),
  /** The caller is in that project already: there is nothing to accept. */
  memberOf: z.object({ slug: z.string() }).nullable(),
});
export const AcceptInvitationBody = z.strictObject({
  token: LinkToken,
  /** Absent when a signed-in person accepts. */
  account: z
    .strictObject({ name: z.string().trim().min(1).max(100), email: Email, password: Password })
    .optional(),
});

export const ApiToken = z.object({
  id: Id,
  name: z.string(),
  hint: z.string(),
  scopes: z.array(TokenScope),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable(),
});
export type ApiToken = z.infer<typeof ApiToken>;
export const CreateApiTokenBody = z.strictObject({
  name: z.string().trim().min(1).max(60),
  scopes: z.array(TokenScope).min(1),
  expiresInDays: z.number().int().min(1).max(365).optional(),
});

export const AuditRow = z.object({
  id: z.string(),
  at: Timestamp,
  actor: z.string().nullable(),
  /** An `AuditAction`, or one that another version of the program knows. */
  action: z.string(),
  subjectType: z.string(),
  subjectId: z.string().nullable(),
  /** What people call the subject, where it has such a name and still exists. */
  subject: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditRow = z.infer<typeof AuditRow>;

const PersonParams = ProjectParams.extend({ userId: Id });

export const accountRoutes = defineRoutes({
  signIn: {
    method: 'POST',
    path: '/auth/sign-in',
    tag: 'account',
    summary: 'Sign in with e-mail and password; sets the session cookie',
    policy: PUBLIC,
    body: SignInBody,
    response: Me,
  },
  signOut: {
    method: 'POST',
    path: '/auth/sign-out',
    tag: 'account',
    summary: 'End this session',
    policy: PUBLIC,
    status: 204,
  },
  getMe: {
    method: 'GET',
    path: '/me',
    tag: 'account',
    summary: 'Who is signed in, and their projects',
    policy: signedIn('read'),
    response: Me,
  },
  changePassword: {
    method: 'POST',
    path: '/me/password',
    tag: 'account',
    summary: 'Change the own password; ends all other sessions',
    policy: signedIn('session-only'),
    body: z.strictObject({ current: z.string().max(200), next: Password }),
    status: 204,
  },
  listApiTokens: {
    method: 'GET',
    path: '/me/tokens',
    tag: 'account',
    summary: 'Own API tokens',
    policy: signedIn('session-only'),
    response: z.object({ items: z.array(ApiToken) }),
  },
  createApiToken: {
    method: 'POST',
    path: '/me/tokens',
    tag: 'account',
    summary: 'Make an API token; the secret is shown once',
    policy: signedIn('session-only'),
    body: CreateApiTokenBody,
    response: ApiToken.extend({ secret: z.string() }),
    status: 201,
  },
  deleteApiToken: {
    method: 'DELETE',
    path: '/me/tokens/:tokenId',
    tag: 'account',
    summary: 'Revoke an API token',
    policy: signedIn('session-only'),
    params: z.object({ tokenId: Id }),
    status: 204,
  },

  readInvitation: {
    method: 'POST',
    path: '/invitations/read',
    tag: 'people',
    summary: 'What an invitation link offers',
    policy: PUBLIC,
    body: z.strictObject({ token: LinkToken }),
    response: InvitationInfo,
  },
  acceptInvitation: {
    method: 'POST',
    path: '/invitations/accept',
    tag: 'people',
    summary: 'Use an invitation once; signs in',
    policy: PUBLIC,
    body: AcceptInvitationBody,
    response: Me,
  },
  resetPassword: {
    method: 'POST',
    path: '/auth/reset',
    tag: 'account',
    summary: 'Set a new password with a reset link; ends all sessions',
    policy: PUBLIC,
    body: z.strictObject({ token: LinkToken, password: Password }),
    status: 204,
  },

  listPeople: {
    method: 'GET',
    path: '/projects/:projectId/people',
    tag: 'people',
    summary: 'Members of a project',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(Person),
  },
  updatePerson: {
    method: 'PATCH',
    path: '/projects/:projectId/people/:userId',
    tag: 'people',
    summary: 'Change a role',
    policy: member('admin', 'admin'),
    params: PersonParams,
    body: z.strictObject({ role: Role }),
    response: Person,
  },
  removePerson: {
    method: 'DELETE',
    path: '/projects/:projectId/people/:userId',
    tag: 'people',
    summary: 'Take a person out of the project; judgements stay',
    policy: member('admin', 'admin'),
    params: PersonParams,
    status: 204,
  },
  listInvitations: {
    method: 'GET',
    path: '/projects/:projectId/invitations',
    tag: 'people',
    summary: 'Invitations of a project',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(Invitation),
  },
  createInvitation: {
    method: 'POST',
    path: '/projects/:projectId/invitations',
    tag: 'people',
    summary: 'Make a single-use invitation link, shown once',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    body: CreateInvitationBody,
    response: CreatedLink,
    status: 201,
  },
  revokeInvitation: {
    method: 'DELETE',
    path: '/projects/:projectId/invitations/:invitationId',
    tag: 'people',
    summary: 'Make an unused link useless',
    policy: member('admin', 'admin'),
    params: ProjectParams.extend({ invitationId: Id }),
    status: 204,
  },
  listAudit: {
    method: 'GET',
    path: '/projects/:projectId/audit',
    tag: 'people',
    summary: 'Who did what, newest first',
    policy: member('admin', 'admin'),
    params: ProjectParams,
    query: PageQuery,
    response: pageOf(AuditRow),
  },

  listUsers: {
    method: 'GET',
    path: '/users',
    tag: 'people',
    summary: 'Everyone with an account',
    policy: siteAdmin('admin'),
    query: PageQuery,
    response: pageOf(
      z.object({
        id: Id,
        name: z.string(),
        email: z.string(),
        siteAdmin: z.boolean(),
        disabledAt: Timestamp.nullable(),
        createdAt: Timestamp,
      }),
    ),
  },
  disableUser: {
    method: 'POST',
    path: '/users/:userId/disable',
    tag: 'people',
    summary: 'End sessions, tokens, leases and streams of a person at once',
    policy: siteAdmin('admin'),
    params: z.object({ userId: Id }),
    status: 204,
  },
  enableUser: {
    method: 'POST',
    path: '/users/:userId/enable',
    tag: 'people',
    summary: 'Let a disabled person sign in again',
    policy: siteAdmin('admin'),
    params: z.object({ userId: Id }),
    status: 204,
  },
  createPasswordReset: {
    method: 'POST',
    path: '/users/:userId/password-reset',
    tag: 'people',
    summary: 'Make a single-use reset link, shown once',
    policy: siteAdmin('admin'),
    params: z.object({ userId: Id }),
    response: CreatedLink,
    status: 201,
  },
});
