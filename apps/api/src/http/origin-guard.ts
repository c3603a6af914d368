import { AppError } from '@rankloop/contracts';
import type { FastifyRequest } from 'fastify';
import { readSessionCookie } from './session-cookie.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** The names under which people open this server: its public address, and the aliases of this machine. */
export function allowedHosts(publicUrl: URL): Set<string> {
  const port = publicUrl.port === '' ? '' : `:${publicUrl.port}`;
  const names = LOOPBACK_NAMES.includes(publicUrl.hostname) ? LOOPBACK_NAMES : [publicUrl.hostname];
  return new Set(names.map((name) => name + port));
}

/**
 * Refuses writes that another site makes with this browser's cookie. A request with a bearer token is not of a
 * browser's making. Without a cookie there is nothing to abuse, except signing somebody in unasked: so an origin
 * that is named must fit even then.
 */
export function checkOrigin(request: FastifyRequest, publicUrl: URL, hosts: ReadonlySet<string>): void {
  if (SAFE_METHODS.has(request.method) || request.headers.authorization !== undefined) return;
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined) {
    if (isAllowedOrigin(origin, publicUrl, hosts)) return;
  } else if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return;
  } else if (readSessionCookie(request.headers.cookie) === undefined) {
    return;
  }
  throw new AppError('wrong_origin', { detail: `Open the site at ${publicUrl.origin} and try there.` });
}

function isAllowedOrigin(origin: string, publicUrl: URL, hosts: ReadonlySet<string>): boolean {
  const prefix = `${publicUrl.protocol}//`;
  return origin.startsWith(prefix) && hosts.has(origin.slice(prefix.length));
}

/** With well-known demo data on a private address, a foreign name that resolves to it must not reach it. */
export function checkHost(request: FastifyRequest, publicUrl: URL, hosts: ReadonlySet<string>): void {
  if (hosts.has(request.headers.host ?? '')) return;
  throw new AppError('wrong_origin', { detail: `This server answers at ${publicUrl.origin} only.` });
}
