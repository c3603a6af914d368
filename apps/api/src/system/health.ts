import { Readiness } from '@rankloop/contracts';
import type { FastifyInstance } from 'fastify';
import { checkReadiness, type ReadinessDeps } from './readiness.ts';

/** For supervisors and load balancers: `live` says the process turns, `ready` says that people can work. */
export function registerHealth(app: FastifyInstance, deps: ReadinessDeps): void {
  const config = { route: 'health' } as const;
  app.get('/api/health/live', { config, logLevel: 'warn' }, async () => ({ live: true }));
  app.get('/api/health/ready', { config, logLevel: 'warn' }, async (_request, reply) => {
    const readiness = await checkReadiness(deps);
    return reply.code(readiness.ready ? 200 : 503).send(Readiness.parse(readiness));
  });
}
