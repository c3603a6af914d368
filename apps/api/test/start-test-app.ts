import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role, TokenScope } from '@rankloop/contracts';
import { createApiToken, startSession } from '@rankloop/core';
import { createDb, type Db } from '@rankloop/db';
import { openQueues, prepareQueues } from '@rankloop/jobs';
import { createMembership, createTestDatabase, createUser, type CreateUserOptions } from '@rankloop/testkit';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { buildApp } from '../src/app.ts';
import type { ApiConfig } from '../src/env.ts';

export const ORIGIN = 'http://rankloop.test';

export interface Asker {
  userId: string;
  email: string;
  headers: Record<string, string>;
}

export interface Send {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under /api/v1. */
  path: string;
  as?: Asker | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestApp {
  server: FastifyInstance;
  db: Db;
  databaseUrl: string;
  /** A request without a socket, as a browser of this origin would send it. */
  send(request: Send): Promise<LightMyRequestResponse>;
  /** A person with a running session. */
  createAsker(options?: CreateUserOptions): Promise<Asker>;
  createMemberAsker(projectId: string, role: Role): Promise<Asker>;
  /** The same person by API token. */
  tokenOf(asker: Asker, scopes: readonly TokenScope[]): Promise<Asker>;
  close(): Promise<void>;
}

/** An instance on a database of its own, or with `databaseUrl` one more instance on that one. */
export async function startTestApp(overrides: Partial<ApiConfig> = {}): Promise<TestApp> {
  const database = await openDatabase(overrides);
  const { db, url } = database;
  const dataDir = await mkdtemp(join(tmpdir(), 'rankloop-api-'));
  const backend = { kind: 'postgres', url } as const;
  await prepareQueues(backend);
  const queues = openQueues({ backend });
  const config: ApiConfig = {
    databaseUrl: url,
    databasePoolMax: 10,
    isDatabaseEmbedded: false,
    redisUrl: undefined,
    host: '127.0.0.1',
    port: 0,
    publicUrl: new URL(ORIGIN),
    webOrigin: undefined,
    dataDir,
    isDemo: true,
    metricsHost: '127.0.0.1',
    metricsPort: undefined,
    logLevel: 'error',
    trustProxy: false,
    ...overrides,
  };
  const { server } = await buildApp({ config, db, queues });
  await server.ready();

  const createAsker = async (options: CreateUserOptions = {}): Promise<Asker> => {
    const user = await createUser(db.prisma, options);
    const { secret } = await startSession(db.prisma, { userId: user.id });
    return { userId: user.id, email: user.email, headers: { cookie: `rankloop_session=${secret}` } };
  };

  return {
    server,
    db,
    databaseUrl: url,
    createAsker,
    async send({ method = 'GET', path, as, body, headers }) {
      const isText = typeof body === 'string';
      return server.inject({
        method,
        url: `/api/v1${path}`,
        headers: {
          host: 'rankloop.test',
          origin: ORIGIN,
          ...(body === undefined
            ? {}
            : { 'content-type': isText ? 'application/x-ndjson' : 'application/json' }),
          ...as?.headers,
          ...headers,
        },
        ...(body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) }),
      });
    },
    async createMemberAsker(projectId, role) {
      const asker = await createAsker();
      await createMembership(db.prisma, { projectId, userId: asker.userId, role });
      return asker;
    },
    async tokenOf(asker, scopes) {
      const actor = { userId: asker.userId };
      const { secret } = await createApiToken({ db, actor, userId: asker.userId, name: 'test', scopes });
      return { ...asker, headers: { authorization: `Bearer ${secret}` } };
    },
    async close() {
      await server.close();
      await queues.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function openDatabase({ databaseUrl, databasePoolMax = 10 }: Partial<ApiConfig>) {
  if (databaseUrl === undefined) return createTestDatabase({ max: databasePoolMax });
  const db = createDb({ url: databaseUrl, max: databasePoolMax, applicationName: 'rankloop test' });
  return { url: databaseUrl, db, close: () => db.close() };
}
