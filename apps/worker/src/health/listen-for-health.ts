import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { WorkerReadiness } from './check-worker.ts';

export interface HealthListenerOptions {
  registry: Registry;
  check: () => Promise<WorkerReadiness>;
  host: string;
  port: number;
}

/**
 * For supervisors and Prometheus, apart from where people are: `/live` says the process turns, `/ready` that it does
 * what is put in the queue, `/metrics` how it is doing.
 *
 * @throws when the port is taken
 */
export async function listenForHealth(options: HealthListenerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(options, request.url, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  return server;
}

async function answer(
  { registry, check }: HealthListenerOptions,
  url: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const sendJson = (status: number, body: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(body));
  if (url === '/live') {
    sendJson(200, { live: true });
  } else if (url === '/ready') {
    const readiness = await check();
    sendJson(readiness.ready ? 200 : 503, readiness);
  } else if (url === '/metrics') {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } else {
    response.writeHead(404).end();
  }
}
