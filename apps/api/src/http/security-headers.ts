import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isForPages } from './front-door.ts';

/** On every answer that has a route. */
export function addSecurityHeaders(app: FastifyInstance, publicUrl: URL): void {
  app.addHook('onSend', async (request, reply) => setSecurityHeaders(request, reply, publicUrl));
}

/** Pages of the web process bring their own content policy with a nonce. */
export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply, publicUrl: URL): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'same-origin');
  reply.header('x-frame-options', 'DENY');
  reply.header('cross-origin-opener-policy', 'same-origin');
  reply.header('cross-origin-resource-policy', 'same-origin');
  if (publicUrl.protocol === 'https:') {
    reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains');
  }
  if (isForPages(request)) return;
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  reply.header('x-request-id', request.id);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}
