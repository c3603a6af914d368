import { SESSION_COOKIE } from '@rankloop/contracts';
import type { FastifyReply } from 'fastify';

/** The cookie's value, or undefined. Of several with this name the first one counts. */
export function readSessionCookie(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split(';')) {
    const [name, ...rest] = part.split('=');
    if (name?.trim() === SESSION_COOKIE) return rest.join('=').trim();
  }
  return undefined;
}

export interface SessionCookie {
  secret: string;
  expiresAt: Date;
}

export function setSessionCookie(reply: FastifyReply, publicUrl: URL, session: SessionCookie): void {
  const maxAgeSeconds = Math.max(0, Math.floor((session.expiresAt.getTime() - Date.now()) / 1000));
  reply.header('set-cookie', serialize(publicUrl, session.secret, maxAgeSeconds));
}

export function clearSessionCookie(reply: FastifyReply, publicUrl: URL): void {
  reply.header('set-cookie', serialize(publicUrl, '', 0));
}

function serialize(publicUrl: URL, value: string, maxAgeSeconds: number): string {
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : '';
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
}
