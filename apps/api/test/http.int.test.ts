import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readiness, routes, type RouteContract } from '@rankloop/contracts';
import { createCheckpoint, createProject } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type Asker, type TestApp } from './start-test-app.ts';

let app: TestApp;
let admin: Asker;
let projectId: string;
beforeAll(async () => {
  app = await startTestApp();
  projectId = (await createProject(app.db.prisma)).project.id;
  admin = await app.createMemberAsker(projectId, 'admin');
});
afterAll(() => app.close());

const HOST = { host: 'rankloop.test' };

describe('bad requests are answered with a problem that names the field', () => {
  const inject = (payload: string, type?: string) =>
    app.server.inject({
      method: 'PATCH',
      url: `/api/v1/projects/${projectId}`,
      headers: {
        ...HOST,
        ...admin.headers,
        'sec-fetch-site': 'same-origin',
        ...(type ? { 'content-type': type } : {}),
      },
      payload,
    });
  const json = (body: unknown) => inject(JSON.stringify(body), 'application/json');

  test.each([
    ['a wrong type', { overlap: 'three' }, '/overlap'],
    ['a value out of range', { overlap: 0 }, '/overlap'],
    ['an unknown field', { name: 'A', role: 'admin' }, '/role'],
    ['a list for a text', { name: ['A'] }, '/name'],
    [
      'a deep fault',
      { form: { ratings: { dimensions: [{ id: 'A B', label: 'x', scale: '0-5' }] } } },
      '/form/ratings/dimensions/0/id',
    ],
    ['a NUL', { guideline: 'a\0b' }, '/guideline'],
    ['half a surrogate pair', { name: 'a\ud800' }, '/name'],
  ])('%s', async (_name, body, path) => {
    const answer = await json(body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 400, code: 'bad_request', issues: [{ path }] });
    expect(answer.json<{ requestId: string }>().requestId).toBe(answer.headers['x-request-id']);
  });

  test.each([
    ['broken JSON', '{"name":', 'application/json', 400],
    ['no JSON object', '7', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['a key that poisons prototypes', '{"__proto__": {"name": "x"}}', 'application/json', 400],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
    ['JSON sent as text', '{"name":"x"}', 'text/plain', 415],
    ['too much', JSON.stringify({ guideline: 'x'.repeat(1_100_000) }), 'application/json', 413],
    ['very deep JSON', `{"form":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'application/json', 400],
  ])('%s', async (_name, payload, type, status) => {
    const answer = await inject(payload, type);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status });
  });

  test.each([
    '/api',
    '/api/',
    '/api/v1/nothing',
    '/api/v2/me',
    '/api/v1/../v1/me/x',
    '/api/v1/projects/not-an-id',
  ])('%s is nothing', async (url) => {
    const answer = await app.server.inject({ url, headers: { ...HOST, ...admin.headers } });
    expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' });
  });

  test.each(['/api/v1/projects/%zz', '/api/v1/%', '/%c3%28'])(
    'an address that cannot be decoded: %s',
    async (url) => {
      const answer = await app.server.inject({ url, headers: { ...HOST, ...admin.headers } });
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.json()).toMatchObject({ status: 400, code: 'bad_request' });
    },
  );

  test('a cursor that is not ours', async () => {
    for (const cursor of ['x', 'W10', encodeURIComponent('["a","b"]')]) {
      const path = `/projects/${projectId}/people?cursor=${cursor}`;
      const answer = await app.send({ path, as: admin });
      expect(answer.json()).toMatchObject({ status: 400, issues: [{ path: '/cursor' }] });
    }
  });

  test('a cursor of ours with something else where the number was', async () => {
    const { prisma } = app.db;
    const upload = await prisma.import.create({ data: { projectId, fileName: 'a', format: 'prompts' } });
    const baseCheckpoint = await createCheckpoint(prisma, { projectId });
    const round = await prisma.round.create({
      data: {
        projectId,
        number: 1,
        recipe: 'ppo',
        config: {},
        state: 'failed',
        baseCheckpointId: baseCheckpoint.id,
      },
    });
    const lists = ['audit', `imports/${upload.id}/errors`, `rounds/${round.id}/samples`];
    const positions = [
      ['a', 'b'],
      ['a', '9'.repeat(30)],
      ['-1', '-1'],
    ];
    for (const list of lists) {
      for (const position of positions) {
        const cursor = Buffer.from(JSON.stringify(position)).toString('base64url');
        const answer = await app.send({ path: `/projects/${projectId}/${list}?cursor=${cursor}`, as: admin });
        expect(answer.json(), `${list} ${position.join()}`).toMatchObject({ status: 400 });
      }
    }
  });

  test('what was not foreseen is told as that and nothing more', async () => {
    const lost = await startTestApp({ logLevel: 'silent' });
    try {
      const asker = await lost.createAsker();
      await lost.db.pool.query('ALTER TABLE membership RENAME TO gone');
      const answer = await lost.send({ path: '/me', as: asker });
      expect(answer.statusCode).toBe(500);
      expect(Object.keys(answer.json()).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type']);
    } finally {
      await lost.close();
    }
  });
});

test.each(['application/json', 'application/json; charset=utf-8'])(
  'nothing sent as %s is no body, where none is asked for',
  async (type) => {
    const token = await app.tokenOf(admin, ['read']);
    const tokens = await app.send({ path: '/me/tokens', as: admin });
    const [{ id } = { id: '' }] = tokens.json<{ items: { id: string }[] }>().items;
    const headers = { 'content-type': type };
    const path = `/me/tokens/${id}`;
    expect((await app.send({ method: 'DELETE', path, as: admin, headers })).statusCode).toBe(204);
    expect((await app.send({ path: '/me', as: token })).statusCode).toBe(401);
    const empty = { ...admin, headers: { ...admin.headers, ...headers } };
    const signedOut = await app.send({ method: 'POST', path: '/auth/sign-out', as: empty });
    expect(signedOut.statusCode).toBeLessThan(300);
    admin = await app.createMemberAsker(projectId, 'admin');
    // Where a body is asked for, none is still a bad request.
    const patched = { method: 'PATCH' as const, path: `/projects/${projectId}`, as: admin, headers };
    expect((await app.send(patched)).statusCode).toBe(400);
  },
);

describe('another site cannot write with this browser', () => {
  const patch = (headers: Record<string, string>) =>
    app.server.inject({
      method: 'PATCH',
      url: `/api/v1/projects/${projectId}`,
      headers: { ...HOST, ...headers },
      payload: { name: 'Renamed' },
    });

  test.each([
    ['a foreign origin', { origin: 'https://evil.test' }],
    ['our name over another scheme', { origin: 'https://rankloop.test' }],
    ['our name with another port', { origin: 'http://rankloop.test:81' }],
    ['our name as a prefix', { origin: 'http://rankloop.test.evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { 'sec-fetch-site': 'same-site' }],
    ['no sign of where it comes from', {}],
  ])('%s', async (_name, headers: Record<string, string>) => {
    const answer = await patch({ ...admin.headers, ...headers });
    expect(answer.json()).toMatchObject({ status: 403, code: 'wrong_origin' });
  });

  test.each([
    ['our own origin', { origin: 'http://rankloop.test' }],
    ['a same-origin fetch', { 'sec-fetch-site': 'same-origin' }],
  ])('but %s can', async (_name, headers: Record<string, string>) => {
    expect((await patch({ ...admin.headers, ...headers })).statusCode).toBe(200);
  });

  test('a token needs no origin, and a cookie beside it lends it nothing', async () => {
    const token = await app.tokenOf(admin, ['admin']);
    expect((await patch(token.headers)).statusCode).toBe(200);
    const spoilt = { ...admin.headers, authorization: `Bearer rl_${'x'.repeat(43)}` };
    expect((await patch(spoilt)).statusCode).toBe(401);
  });

  test.each(['/%61pi/v1', '/ap%69/v1', '/api%2Fv1', '/API/v1', '//api/v1'])(
    'nor by writing the path as %s',
    async (prefix) => {
      const answer = await app.server.inject({
        method: 'PATCH',
        url: `${prefix}/projects/${projectId}`,
        headers: { ...HOST, ...admin.headers, origin: 'https://evil.test' },
        payload: { name: 'Taken over' },
      });
      expect([403, 404]).toContain(answer.statusCode);
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    },
  );

  test('nor sign it in unasked', async () => {
    const answer = await app.server.inject({
      method: 'POST',
      url: '/api/v1/auth/sign-in',
      headers: { ...HOST, origin: 'https://evil.test' },
      payload: { email: 'a@b.test', password: 'x' },
    });
    expect(answer.statusCode).toBe(403);
  });

  test('a foreign name that resolves here reaches nothing of the demo', async () => {
    const headers = { ...admin.headers, host: 'evil.test' };
    expect((await app.server.inject({ url: '/api/v1/me', headers })).statusCode).toBe(403);
  });
});

test('every answer carries the security headers', async () => {
  for (const url of ['/api/v1/version', '/api/v1/me', '/api/health/live', '/api/none']) {
    const { headers } = await app.server.inject({ url, headers: HOST });
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  }
});

describe('OpenAPI', () => {
  interface Operation {
    operationId: string;
    parameters: { name: string; in: string; required: boolean }[];
    security: object[];
    responses: Record<string, object>;
    requestBody?: object;
  }

  test('describes every route of the contracts, with its parameters, body and answers', async () => {
    const answer = await app.server.inject({ url: '/api/v1/openapi.json', headers: HOST });
    const document = answer.json<{ openapi: string; paths: Record<string, Record<string, Operation>> }>();
    expect(document.openapi).toMatch(/^3\.1\./);
    for (const [name, route] of Object.entries<RouteContract>(routes)) {
      const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
      const operation = document.paths[path]?.[route.method.toLowerCase()];
      expect(operation, name).toMatchObject({ operationId: name });
      const inPath = operation?.parameters.filter((parameter) => parameter.in === 'path') ?? [];
      const names = [...route.path.matchAll(/:(\w+)/g)].map(([, id]) => id);
      expect(inPath.map((parameter) => parameter.name).sort()).toEqual(names.sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      expect(operation?.requestBody !== undefined).toBe(
        route.body !== undefined || route.upload !== undefined,
      );
      expect(operation?.security.length === 0).toBe(route.policy.kind === 'public');
    }
    // No reference leads nowhere.
    const references = [...answer.body.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    expect(new Set(references)).toEqual(new Set(['#/components/schemas/Problem']));
  });
});

test('readiness says what is not ready', async () => {
  const answer = await app.server.inject({ url: '/api/health/ready', headers: HOST });
  const { ready, checks } = Readiness.parse(answer.json());
  expect(answer.statusCode).toBe(200);
  expect(ready).toBe(true);
  expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['worker']);
});

describe('the front door', () => {
  let pages: Server;
  let door: TestApp;
  beforeAll(async () => {
    pages = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const { port } = pages.address() as AddressInfo;
    door = await startTestApp({ webOrigin: `http://127.0.0.1:${port}` });
  });
  afterAll(async () => {
    await door.close();
    pages.close();
  });

  test('hands everything but the API to the page server, without forwarded addresses of strangers', async () => {
    const headers = { ...HOST, 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.test' };
    const answer = await door.server.inject({ url: '/p/demo/label?x=1', headers });
    expect(answer.json()).toMatchObject({
      url: '/p/demo/label?x=1',
      headers: { host: 'rankloop.test', 'x-forwarded-host': 'rankloop.test' },
    });
    expect(answer.body).not.toContain('6.6.6.6');
    expect((await door.server.inject({ url: '/api/none', headers: HOST })).statusCode).toBe(404);
  });

  test('says that the page server is starting while it is down, and that the whole is not ready', async () => {
    await new Promise((resolve) => {
      pages.close(resolve);
      pages.closeAllConnections();
    });
    const answer = await door.server.inject({ url: '/', headers: HOST });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('The page server is starting');
    const ready = await door.server.inject({ url: '/api/health/ready', headers: HOST });
    expect(ready.statusCode).toBe(503);
  });
});
