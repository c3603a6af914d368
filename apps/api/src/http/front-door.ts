import httpProxy from '@fastify/http-proxy';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const STARTING_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>Rankloop is starting</title><body style="font:16px system-ui;margin:4rem auto;max-width:30rem">
<h1 style="font-size:1.25rem">The page server is starting</h1><p>This page tries again every two seconds.</p>`;

/** Asks the router and not the address: `/%61pi` is `/api` to the router, and to no comparison of texts. */
export function isForPages(request: FastifyRequest): boolean {
  return request.routeOptions.config.route === 'pages';
}

/** Everything that is not the API's belongs to the page server behind this process. */
export async function forwardPages(app: FastifyInstance, webOrigin: string, publicUrl: URL): Promise<void> {
  await app.register(httpProxy, {
    upstream: webOrigin,
    prefix: '/',
    websocket: true,
    config: { route: 'pages' },
    disableRequestLogging: true,
    proxyPayloads: true,
    undici: { headersTimeout: 30_000, bodyTimeout: 60_000 },
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({
        ...headers,
        // What the browser asked for; forwarded addresses of strangers go no further.
        host: request.headers.host ?? publicUrl.host,
        'x-forwarded-host': request.headers.host ?? publicUrl.host,
        'x-forwarded-proto': publicUrl.protocol.slice(0, -1),
        'x-forwarded-for': undefined,
      }),
      onError: (reply) => {
        reply.code(503).header('retry-after', '2').type('text/html; charset=utf-8').send(STARTING_PAGE);
      },
    },
  });
}
