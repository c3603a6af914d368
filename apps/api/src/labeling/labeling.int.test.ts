import { ClaimAnswer, Problem } from '@rankloop/contracts';
import { createProject, createTask } from '@rankloop/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Asker, startTestApp, type TestApp } from '../../test/start-test-app.ts';

const STRANGER = '11111111-2222-4333-8444-555555555555';

let app: TestApp;
let labeler: Asker;
let path: string;
let ids: [string, string, string];

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  const { prisma } = app.db;
  const { project, form } = await createProject(prisma);
  const projectId = project.id;
  labeler = await app.createMemberAsker(projectId, 'labeler');
  await createTask(prisma, { projectId, formVersionId: form.id, outputs: 3 });
  const answer = await app.send({
    method: 'POST',
    path: `/projects/${projectId}/claim`,
    as: labeler,
    body: {},
  });
  const { task } = ClaimAnswer.parse(answer.json());
  const [a, b, c] = task?.outputs.map(({ id }) => id) ?? [];
  if (!task || a === undefined || b === undefined || c === undefined) throw new Error('no task');
  ids = [a, b, c];
  path = `/projects/${projectId}/leases/${task.leaseId}/judgement`;
});

const put = (body: unknown) => app.send({ method: 'PUT', path, as: labeler, body });
const rank = (ranks: Record<string, unknown>) => ({ outcome: 'ok', activeMs: 5, ranks });
const ranked = () => rank({ [ids[0]]: 1, [ids[1]]: 2, [ids[2]]: 3 });

describe('an answer that is not one is refused with the field that is wrong', () => {
  type Case = [name: string, body: () => unknown, status: number, field: () => string];
  const cases: Case[] = [
    ['no ranks', () => ({ outcome: 'ok', activeMs: 5 }), 422, () => '/ranks'],
    ['a missing output', () => rank({ [ids[0]]: 1, [ids[1]]: 2 }), 422, () => `/ranks/${ids[2]}`],
    ['a foreign output', () => rank({ ...ranked().ranks, [STRANGER]: 1 }), 422, () => `/ranks/${STRANGER}`],
    ['ranks from two on', () => rank({ [ids[0]]: 2, [ids[1]]: 3, [ids[2]]: 4 }), 422, () => '/ranks'],
    ['ranks with a gap', () => rank({ [ids[0]]: 1, [ids[1]]: 3, [ids[2]]: 3 }), 422, () => '/ranks'],
    ['one ranked output', () => rank({ [ids[0]]: 1, [ids[1]]: null, [ids[2]]: null }), 422, () => '/ranks'],
    ['rank zero', () => rank({ [ids[0]]: 0 }), 400, () => `/ranks/${ids[0]}`],
    ['half a rank', () => rank({ [ids[0]]: 1.5 }), 400, () => `/ranks/${ids[0]}`],
    ['a rank as text', () => rank({ [ids[0]]: '1' }), 400, () => `/ranks/${ids[0]}`],
    ['ranks by position', () => ({ ...ranked(), ranks: [1, 2, 3] }), 400, () => '/ranks'],
    ['a key that is no id', () => rank({ first: 1 }), 400, () => '/ranks/first'],
    ['an unknown outcome', () => ({ ...ranked(), outcome: 'maybe' }), 400, () => '/outcome'],
    ['no time', () => ({ outcome: 'ok', ranks: ranked().ranks }), 400, () => '/activeMs'],
    ['a negative time', () => ({ ...ranked(), activeMs: -1 }), 400, () => '/activeMs'],
    ['an unknown field', () => ({ ...ranked(), labelerId: STRANGER }), 400, () => '/labelerId'],
    ['a comment that is a number', () => ({ ...ranked(), comment: 7 }), 400, () => '/comment'],
    ['a comment with NUL', () => ({ ...ranked(), comment: 'a\0b' }), 400, () => '/comment'],
    ['a comment too long', () => ({ ...ranked(), comment: 'x'.repeat(20_001) }), 400, () => '/comment'],
    ['a strength in a ranking', () => ({ ...ranked(), strength: 2 }), 422, () => '/strength'],
    ['a skip without a reason', () => ({ outcome: 'skipped', activeMs: 5 }), 422, () => '/skipReason'],
    [
      'an unknown reason',
      () => ({ outcome: 'skipped', skipReason: 'tired', activeMs: 5 }),
      400,
      () => '/skipReason',
    ],
    [
      'scores nobody asked for',
      () => ({ ...ranked(), scores: { [ids[0]]: { x: 1 } } }),
      422,
      () => `/scores/${ids[0]}/x`,
    ],
    ['a list', () => [ranked()], 400, () => ''],
  ];
  test.each(cases)('%s', async (_name, body, status, field) => {
    const answer = await put(body());
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = Problem.parse(answer.json());
    expect(problem.status).toBe(status);
    expect(answer.statusCode).toBe(status);
    expect(problem.issues?.map((issue) => issue.path)).toContain(field());
    expect(problem.requestId).toBe(answer.headers['x-request-id']);
    // Nothing was stored: the right answer still goes in.
    expect((await put(ranked())).statusCode).toBe(200);
  });
});

test.each([
  ['at the top', (body: string) => body.replace('{', '{"__proto__":{"outcome":"ok"},')],
  ['in the ranks', (body: string) => body.replace('"ranks":{', '"ranks":{"__proto__":1,')],
  ['as a constructor', (body: string) => body.replace('{', '{"constructor":{"prototype":{"x":1}},')],
])('keys that poison prototypes are refused: %s', async (_name, spoil) => {
  const headers = { 'content-type': 'application/json' };
  const answer = await app.server.inject({
    method: 'PUT',
    url: `/api/v1${path}`,
    headers: { host: 'rankloop.test', origin: 'http://rankloop.test', ...labeler.headers, ...headers },
    payload: spoil(JSON.stringify(ranked())),
  });
  expect(Problem.parse(answer.json()).status).toBe(400);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((await put(ranked())).statusCode).toBe(200);
});

test('an output that is ranked twice is refused by name, and the right answer still goes in', async () => {
  const text = JSON.stringify(ranked()).replace('"ranks":{', `"ranks":{"${ids[0]}":3,`);
  const answer = await app.server.inject({
    method: 'PUT',
    url: `/api/v1${path}`,
    headers: {
      host: 'rankloop.test',
      origin: 'http://rankloop.test',
      'content-type': 'application/json',
      ...labeler.headers,
    },
    payload: text,
  });
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(Problem.parse(answer.json())).toMatchObject({
    status: 400,
    code: 'bad_request',
    issues: [{ path: `/ranks/${ids[0]}` }],
  });
  expect((await put(ranked())).statusCode).toBe(200);
});

test('another answer to an answered task is a conflict, and the first stays', async () => {
  const first = await put(ranked());
  const other = await put(rank({ [ids[0]]: 3, [ids[1]]: 2, [ids[2]]: 1 }));
  expect(Problem.parse(other.json())).toMatchObject({ status: 409, code: 'judgement_differs' });
  expect((await put(ranked())).json()).toEqual(first.json());
});

test('a task of somebody else, or of another project, is not there', async () => {
  const projectId = path.split('/')[2] ?? '';
  const stranger = await app.createMemberAsker(projectId, 'labeler');
  const theirs = await app.send({ method: 'PUT', path, as: stranger, body: ranked() });
  expect(theirs.statusCode).toBe(404);
  const { project } = await createProject(app.db.prisma);
  const elsewhere = await app.send({
    method: 'PUT',
    path: path.replace(projectId, project.id),
    as: labeler,
    body: ranked(),
  });
  expect(elsewhere.statusCode).toBe(404);
  expect((await put(ranked())).statusCode).toBe(200);
});

test.each([
  ['too many', Array.from({ length: 11 }, () => STRANGER), '/holding'],
  ['no ids', ['x'], '/holding/0'],
  ['no list', { 0: STRANGER }, '/holding'],
])('a claim that holds %s is refused', async (_name, holding, field) => {
  const claim = `/projects/${path.split('/')[2] ?? ''}/claim`;
  const answer = await app.send({ method: 'POST', path: claim, as: labeler, body: { holding } });
  expect(Problem.parse(answer.json())).toMatchObject({ status: 400, issues: [{ path: field }] });
});
