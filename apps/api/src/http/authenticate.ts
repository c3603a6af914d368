import { AppError, roleAtLeast, type Policy } from '@rankloop/contracts';
import { findAccessBySession, findAccessByToken, type Access } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readSessionCookie } from './session-cookie.ts';

const BEARER = /^Bearer (rl_[A-Za-z0-9_-]{43})$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const PathWithProject = z.object({ projectId: z.guid() });

/** Who asks, and what they may do in the project of the path. One query; null when nobody is signed in. */
export async function findAccess(pool: Db['pool'], request: FastifyRequest): Promise<Access | null> {
  const projectId = PathWithProject.safeParse(request.params).data?.projectId ?? null;
  const { authorization, cookie } = request.headers;
  // A request that names a token is judged by it alone, so that a bad token never falls back to a cookie.
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1];
    return token === undefined ? null : findAccessByToken(pool, token, projectId);
  }
  const secret = readSessionCookie(cookie);
  return secret === undefined || !SECRET.test(secret) ? null : findAccessBySession(pool, secret, projectId);
}

/**
 * The one guard of all routes. What somebody may not see looks as if it were not there (404); what they may
 * see but not do is refused (403).
 */
export function authorize(policy: Policy, access: Access | null): void {
  if (policy.kind === 'public') return;
  if (!access) throw new AppError('not_signed_in');
  const { principal, project } = access;
  if (policy.kind === 'project' && !project) throw new AppError('not_found');
  checkScope(policy.scope, principal.via);
  if (policy.kind === 'site-admin' && !principal.siteAdmin) throw new AppError('forbidden');
  if (policy.kind === 'project' && project && !roleAtLeast(project.role, policy.role)) {
    throw new AppError('forbidden');
  }
}

function checkScope(
  scope: Exclude<Policy, { kind: 'public' }>['scope'],
  via: Access['principal']['via'],
): void {
  if (via.kind === 'session') return;
  if (scope === 'session-only') {
    throw new AppError('token_scope', { detail: 'This needs a signed-in browser, not an API token.' });
  }
  if (!via.scopes.includes(scope)) {
    throw new AppError('token_scope', { detail: `The token needs the scope "${scope}".` });
  }
}
