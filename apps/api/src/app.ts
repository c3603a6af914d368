import { randomUUID } from 'node:crypto';
import { AppError } from '@rankloop/contracts';
import Fastify, { LogController, type FastifyInstance } from 'fastify';
import { registerAccounts } from './accounts/accounts.route.ts';
import { registerDemo } from './demo/demo.route.ts';
import { registerPeople } from './people/people.route.ts';
import { registerProjects } from './projects/projects.route.ts';
import type { AppDeps, FeatureDeps } from './deps.ts';
import { registerExports } from './datasets/exports.route.ts';
import { registerImports } from './datasets/imports.route.ts';
import { forwardPages, isForPages } from './http/front-door.ts';
import { readJsonBodies } from './http/json-body.ts';
import { createMetrics, observeRequests, type Metrics } from './http/metrics.ts';
import { checkComplete, createMount, refuseRoutesWithoutPolicy } from './http/mount.ts';
import { buildOpenApi } from './http/openapi.ts';
import { allowedHosts, checkHost, checkOrigin } from './http/origin-guard.ts';
import { sendProblem } from './http/problem.ts';
import { addSecurityHeaders, setSecurityHeaders } from './http/security-headers.ts';
import { LiveHub } from './live/live-hub.ts';
import { registerLabeling } from './labeling/labeling.route.ts';
import { registerLineage } from './lineage/lineage.route.ts';
import { registerLive } from './live/live.route.ts';
import { registerBudget } from './budget/budget.route.ts';
import { registerHealth } from './system/health.ts';
import { registerPlayground } from './playground/playground.route.ts';
import { registerAutoRounds } from './rounds/auto-rounds.route.ts';
import { registerCheckpoints } from './rounds/checkpoints.route.ts';
import { registerRounds } from './rounds/rounds.route.ts';
import { registerSnapshots } from './rounds/snapshots.route.ts';
import { registerSystem } from './system/system.route.ts';
import { VERSION } from './version.ts';

/** One line per feature folder. */
const features = [
  registerAccounts,
  registerPeople,
  registerProjects,
  registerDemo,
  registerSystem,
  registerLive,
  registerLabeling,
  registerImports,
  registerExports,
  registerRounds,
  registerAutoRounds,
  registerCheckpoints,
  registerLineage,
  registerSnapshots,
  registerPlayground,
  registerBudget,
];

export interface App {
  server: FastifyInstance;
  metrics: Metrics;
}

/** The whole server apart from the process edge: nothing listens yet, nothing reads the environment. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const { config, db } = deps;
  const server = Fastify({
    logger: {
      level: config.logLevel,
      // The path without its query: links carry secrets there.
      serializers: {
        req: (request) => ({ method: request.method, path: request.url.split('?')[0], address: request.ip }),
      },
    },
    genReqId: () => randomUUID(),
    trustProxy: config.trustProxy,
    bodyLimit: 1024 * 1024,
    requestTimeout: 15 * 60_000,
    return503OnClosing: false,
    // An address that cannot be decoded has no route, and so no hooks.
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request, reply, config.publicUrl);
      sendProblem(error, request, reply);
    },
    logController: new LogController({ disableRequestLogging: true }),
  });
  refuseRoutesWithoutPolicy(server);
  addSecurityHeaders(server, config.publicUrl);
  server.setErrorHandler(sendProblem);
  logRequests(server);

  const hosts = allowedHosts(config.publicUrl);
  server.addHook('onRequest', async (request) => {
    if (config.isDemo) checkHost(request, config.publicUrl, hosts);
    if (!isForPages(request)) checkOrigin(request, config.publicUrl, hosts);
  });

  const live = new LiveHub(db, server.log);
  const metrics = createMetrics(db, () => live.openStreams);
  observeRequests(server, metrics);
  server.addHook('onReady', () => live.start());
  server.addHook('preClose', () => live.close());

  const featureDeps: FeatureDeps = { ...deps, live, metrics };
  await registerApi(server, featureDeps);
  if (config.webOrigin !== undefined) await forwardPages(server, config.webOrigin, config.publicUrl);
  return { server, metrics };
}

/** One line per answer. A success that is quick is news only to somebody who looks closely. */
function logRequests(server: FastifyInstance): void {
  server.addHook('onResponse', async (request, reply) => {
    const ms = Math.round(reply.elapsedTime);
    const isStream = request.routeOptions.config.route === 'liveEvents';
    const isNotable = reply.statusCode >= 400 || (ms > 1000 && !isStream);
    const line = { req: request, status: reply.statusCode, ms };
    if (isNotable) request.log.info(line, 'answered');
    else request.log.debug(line, 'answered');
  });
}

async function registerApi(server: FastifyInstance, deps: FeatureDeps): Promise<void> {
  await server.register(async (app) => {
    const pathsUnknown = async () => {
      throw new AppError('not_found');
    };
    readJsonBodies(app);
    await app.register(async (uploads) => {
      // An upload's body is its stream, whatever it says it is.
      uploads.removeAllContentTypeParsers();
      uploads.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      const { mount, mounted } = createMount(app, uploads, deps);
      for (const register of features) register(mount, deps);
      checkComplete(mounted);
    });
    const openApi = JSON.stringify(buildOpenApi(VERSION, deps.config.publicUrl));
    app.get('/api/v1/openapi.json', { config: { route: 'openapi' } }, async (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(openApi),
    );
    registerHealth(app, deps);
    app.all('/api', { config: { route: 'unknown' } }, pathsUnknown);
    app.all('/api/*', { config: { route: 'unknown' } }, pathsUnknown);
    app.removeContentTypeParser('text/plain');
  });
}
