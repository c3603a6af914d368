import type { AddressInfo } from 'node:net';
import { LiveEvent } from '@rankloop/contracts';
import { emitLiveEvent } from '@rankloop/core';
import { createProject, eventually } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type Asker, type TestApp } from './start-test-app.ts';

let app: TestApp;
let origin: string;
beforeAll(async () => {
  app = await startTestApp();
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}`;
});
afterAll(() => app.close());

interface Stream {
  text(): string;
  events(): LiveEvent[];
  lastId(): string;
  isOver(): boolean;
  close(): void;
}

/** A stream as a browser reads it; `after` is what the address of a new one says, the header what a reconnect sends. */
async function open(as: Asker, lastEventId?: string, after?: string): Promise<Stream> {
  const hangUp = new AbortController();
  const { request } = await import('node:http');
  let text = '';
  let isOver = false;
  await new Promise<void>((resolve, reject) => {
    const headers = {
      ...as.headers,
      host: 'rankloop.test',
      'accept-encoding': 'gzip',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const query = after === undefined ? '' : `?after=${after}`;
    request(`${origin}/api/v1/events${query}`, { headers, signal: hangUp.signal }, (answer) => {
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('close', () => (isOver = true)).on('error', () => (isOver = true));
      expect(answer.headers['content-type']).toContain('text/event-stream');
      expect(answer.headers['content-encoding']).toBeUndefined();
      resolve();
    })
      .on('error', reject)
      .end();
  });
  const stream: Stream = {
    text: () => text,
    events: () =>
      [...text.matchAll(/^data: (\{"id".*)$/gm)].map(([, json]) => LiveEvent.parse(JSON.parse(json ?? ''))),
    lastId: () => [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '',
    isOver: () => isOver,
    close: () => hangUp.abort(),
  };
  await eventually(() => stream.isOver() || stream.lastId() !== '', { what: 'the stream to begin' });
  return stream;
}

const emit = (projectId: string, topic: 'task' | 'round' | 'judgement', n: number, userId?: string) =>
  emitLiveEvent(app.db, { topic, projectId, userId: userId ?? null, data: { n } });
const numbers = (stream: Stream) => stream.events().map(({ data }) => data['n']);

describe('live events', () => {
  test('reach researchers of the project, and labelers only about tasks and themselves', async () => {
    const { project } = await createProject(app.db.prisma);
    const { project: foreign } = await createProject(app.db.prisma);
    const researcher = await open(await app.createMemberAsker(project.id, 'researcher'));
    const labelerAsker = await app.createMemberAsker(project.id, 'labeler');
    const labeler = await open(labelerAsker);
    const stranger = await open(await app.createMemberAsker(foreign.id, 'admin'));
    await emit(project.id, 'round', 1);
    await emit(project.id, 'judgement', 2, labelerAsker.userId);
    await emit(project.id, 'task', 3);
    await emit(foreign.id, 'round', 4);
    await eventually(() => numbers(researcher).includes(3));
    await eventually(() => numbers(labeler).includes(3));
    await eventually(() => numbers(stranger).includes(4));
    expect(numbers(researcher)).toEqual([1, 3]);
    expect(numbers(labeler)).toEqual([2, 3]);
    expect(numbers(stranger)).toEqual([4]);
    for (const stream of [researcher, labeler, stranger]) stream.close();
  });

  test('that were missed are told after a reconnect with Last-Event-ID', async () => {
    const { project } = await createProject(app.db.prisma);
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const first = await open(asker);
    await emit(project.id, 'round', 1);
    await eventually(() => numbers(first).includes(1));
    const lastId = first.lastId();
    first.close();
    await emit(project.id, 'round', 2);
    await emit(project.id, 'round', 3);
    const second = await open(asker, lastId);
    await eventually(() => numbers(second).includes(3));
    await emit(project.id, 'round', 4);
    await eventually(() => numbers(second).includes(4));
    expect(numbers(second)).toEqual([2, 3, 4]);
    second.close();
  });

  test('a break before the first event loses nothing either', async () => {
    const { project } = await createProject(app.db.prisma);
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const first = await open(asker);
    const lastId = first.lastId();
    first.close();
    await emit(project.id, 'round', 1);
    const second = await open(asker, lastId);
    await eventually(() => numbers(second).includes(1));
    second.close();
  });

  test('that came between two streams of a browser are told when the second says where the first ended', async () => {
    const { project } = await createProject(app.db.prisma);
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const witness = await open(await app.createMemberAsker(project.id, 'researcher'));
    const first = await open(asker);
    const start = first.lastId();
    first.close();
    await emit(project.id, 'round', 1);
    const second = await open(asker, undefined, start);
    await eventually(() => numbers(second).includes(1));
    // The database's notice has come too: it would reach whoever is there, whatever they have heard.
    await eventually(() => numbers(witness).includes(1));
    const heard = second.lastId();
    second.close();
    await emit(project.id, 'round', 2);
    // A reconnect repeats the address of its stream, and knows better by its header.
    const third = await open(asker, heard, start);
    await eventually(() => numbers(third).includes(2));
    expect(numbers(third)).toEqual([2]);
    third.close();
    witness.close();
  });

  test('a browser that heard more than there is, as after a restore, starts over and then hears what is new', async () => {
    const { project } = await createProject(app.db.prisma);
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const ahead = await open(asker, '900000000');
    expect(ahead.text()).toContain('event: reset');
    const lastId = ahead.lastId();
    expect(Number(lastId)).toBeLessThan(900_000_000);
    await emit(project.id, 'round', 1);
    await eventually(() => numbers(ahead).includes(1));
    ahead.close();
    const inStep = await open(asker, lastId);
    await eventually(() => numbers(inStep).includes(1));
    expect(inStep.text()).not.toContain('event: reset');
    inStep.close();
  });

  test('one stream per browser: the newer one takes over and the older one is told not to come back', async () => {
    const { project } = await createProject(app.db.prisma);
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const older = await open(asker);
    const newer = await open(asker);
    await eventually(() => older.isOver());
    expect(older.text()).toContain('event: replaced');
    await emit(project.id, 'round', 1);
    await eventually(() => numbers(newer).includes(1));
    expect(newer.isOver()).toBe(false);
    newer.close();
  });

  test('end at once when the person is disabled, without waiting for a heartbeat', async () => {
    const { project } = await createProject(app.db.prisma);
    const admin = await app.createAsker({ siteAdmin: true });
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const stream = await open(asker);
    await app.send({ method: 'POST', path: `/users/${asker.userId}/disable`, as: admin });
    await eventually(() => stream.isOver(), { timeoutMs: 30_000 });
    expect(stream.text()).toContain('event: ended');
  });

  test('stop for a project when the person is taken out of it', async () => {
    const { project } = await createProject(app.db.prisma);
    const admin = await app.createMemberAsker(project.id, 'admin');
    const asker = await app.createMemberAsker(project.id, 'researcher');
    const stream = await open(asker);
    await emit(project.id, 'round', 1);
    await eventually(() => numbers(stream).includes(1));
    const path = `/projects/${project.id}/people/${asker.userId}`;
    await app.send({ method: 'DELETE', path, as: admin });
    await emit(project.id, 'round', 2);
    await emit(project.id, 'round', 3, asker.userId);
    await eventually(() => numbers(stream).includes(3));
    expect(numbers(stream).filter((n) => typeof n === 'number')).toEqual([1, 3]);
    stream.close();
  });

  test('survive the loss of the listening connection', async () => {
    const { project } = await createProject(app.db.prisma);
    const stream = await open(await app.createMemberAsker(project.id, 'researcher'));
    await app.db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await emit(project.id, 'round', 1);
    await eventually(() => numbers(stream).includes(1));
    await emit(project.id, 'round', 2);
    await eventually(() => numbers(stream).includes(2));
    stream.close();
  });
});

test('nobody without a session gets a stream, and no token does', async () => {
  const asker = await app.createAsker();
  expect((await app.send({ path: '/events' })).statusCode).toBe(401);
  const token = await app.tokenOf(asker, ['read', 'admin']);
  expect((await app.send({ path: '/events', as: token })).statusCode).toBe(403);
});
