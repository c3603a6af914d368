import { createServer, type Server } from 'node:http';
import type { Db } from '@rankloop/db';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  claims: Counter<'result'>;
  submits: Counter<'result'>;
  signIns: Counter<'result'>;
}

export function createMetrics(db: Pick<Db, 'pool'>, openStreams: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const { pool } = db;
  new Gauge({
    name: 'rankloop_db_connections',
    help: 'Connections of this process to PostgreSQL, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'total' }, pool.totalCount);
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'waited_for' }, pool.waitingCount);
    },
  });
  new Gauge({
    name: 'rankloop_event_streams',
    help: 'Open server-sent event streams.',
    registers,
    collect() {
      this.set(openStreams());
    },
  });
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['result'] as const, registers });
  return {
    registry,
    claims: counter('rankloop_claims_total', 'Claims, by what they gave.'),
    submits: counter('rankloop_submits_total', 'Submits, by outcome.'),
    signIns: counter('rankloop_sign_ins_total', 'Sign-ins, by outcome.'),
  };
}

/** Durations by route name, never by URL: ids would make a series each. */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  const durations = new Histogram({
    name: 'rankloop_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [metrics.registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.config.route ?? 'unknown';
    // A stream lasts as long as its page is open: no measure of how quick we are.
    if (route === 'liveEvents') return;
    durations.observe({ route, method: request.method, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

/** A listener of its own, so that figures are never reachable from where people are. */
export async function listenForScrapes(registry: Registry, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return server;
}
