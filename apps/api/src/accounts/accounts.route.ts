import { AppError } from '@rankloop/contracts';
import {
  acceptInvitation,
  changePassword,
  createApiToken,
  getMe,
  listApiTokens,
  readInvitation,
  resetPassword,
  revokeApiToken,
  signIn,
  signOut,
} from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';
import { clearSessionCookie, setSessionCookie } from '../http/session-cookie.ts';

export function registerAccounts(mount: Mount, { db, config, metrics }: FeatureDeps): void {
  const { publicUrl } = config;

  mount('signIn', async ({ body, request, reply }) => {
    const { email, password } = body;
    const userAgent = request.headers['user-agent'];
    try {
      const who = { address: request.ip, userAgent, requestId: request.id };
      const session = await signIn({ db, email, password, ...who });
      metrics.signIns.inc({ result: 'ok' });
      setSessionCookie(reply, publicUrl, session);
      return await getMe(db, session.userId);
    } catch (error) {
      if (error instanceof AppError) metrics.signIns.inc({ result: error.code });
      throw error;
    }
  });

  mount('signOut', async ({ principal, reply }) => {
    await signOut(db, principal);
    clearSessionCookie(reply, publicUrl);
    return undefined;
  });

  mount('getMe', ({ principal }) => getMe(db, principal.userId));

  mount('changePassword', async ({ principal, actor, body }) => {
    if (principal.via.kind !== 'session') throw new AppError('token_scope');
    const { userId, email, via } = principal;
    await changePassword({ db, actor, userId, email, sessionId: via.sessionId, ...body });
    return undefined;
  });

  mount('listApiTokens', async ({ principal }) => ({ items: await listApiTokens(db, principal.userId) }));

  mount('createApiToken', ({ principal, actor, body }) =>
    createApiToken({ db, actor, userId: principal.userId, ...body }),
  );

  mount('deleteApiToken', async ({ principal, actor, params }) => {
    await revokeApiToken({ db, actor, userId: principal.userId, tokenId: params.tokenId });
    return undefined;
  });

  mount('readInvitation', ({ principal, body }) => readInvitation(db, body.token, principal));

  mount('acceptInvitation', async ({ principal, actor, body, request, reply }) => {
    // The route is open to everybody, so no scope was asked for: a token must not gain what its scopes do not give.
    if (principal?.via.kind === 'token') throw new AppError('token_scope');
    const userAgent = request.headers['user-agent'];
    const { userId, session } = await acceptInvitation({ db, actor, principal, userAgent, ...body });
    if (session) setSessionCookie(reply, publicUrl, session);
    return getMe(db, userId);
  });

  mount('resetPassword', async ({ actor, body }) => {
    await resetPassword({ db, actor, ...body });
    return undefined;
  });
}
