import { PassThrough } from 'node:stream';
import type { StoredLiveEvent, StreamRights } from '@rankloop/core';
import { expect, test } from 'vitest';
import { EventStream } from './event-stream.ts';

const RIGHTS: StreamRights = { userId: 'one', siteAdmin: true, roles: new Map() };
const event = (id: string): StoredLiveEvent => ({
  id,
  topic: 'round',
  projectId: null,
  userId: null,
  data: {},
});

test('what a stream caught up with is not told again by a notice that comes late, and nothing else is left out', () => {
  const output = new PassThrough().setEncoding('utf8');
  const stream = new EventStream(output, 'session', RIGHTS);
  stream.tell(event('2'));
  stream.catchUp([event('1'), event('2')], '2');
  // Its transaction began earlier than that of 2 and ended later.
  for (const id of ['1', '2', '0', '3']) stream.tell(event(id));
  const text = String(output.read());
  expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual(['1', '2', '0', '3']);
});
