import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Role, TokenScope } from '@rankloop/contracts';
import { createApiToken } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import { createMember } from '@rankloop/testkit';

/** A member of the project with a token. */
export async function makeToken(
  db: Db,
  options: { projectId: string; role: Role; scopes: TokenScope[] },
): Promise<string> {
  const { id: userId } = await createMember(db.prisma, options.projectId, options.role);
  const actor = { userId };
  const { secret } = await createApiToken({ db, actor, userId, name: 'bench', scopes: options.scopes });
  return secret;
}

export interface Transfer {
  status: number;
  firstByteSeconds: number;
  seconds: number;
  bytes: number;
  /** Of a short answer; a download is counted and dropped. */
  text: string;
}

const KEPT_CHARACTERS = 100_000;

/** One request with a streamed body, if any, and its answer read to the end. */
export async function transfer(options: {
  method: 'GET' | 'POST';
  url: string;
  token: string;
  body?: AsyncIterable<Uint8Array>;
}): Promise<Transfer> {
  const { method, url, token, body } = options;
  const started = performance.now();
  const since = () => (performance.now() - started) / 1000;
  const sent = request(url, { method, headers: { authorization: `Bearer ${token}` } });
  const answered = once(sent, 'response');
  if (body) await pipeline(Readable.from(body), sent);
  else sent.end();
  const [response] = (await answered) as [IncomingMessage]; // what the event carries
  let firstByteSeconds = Number.NaN;
  let bytes = 0;
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes === 0) firstByteSeconds = since();
    bytes += chunk.length;
    if (text.length < KEPT_CHARACTERS) text += chunk.toString('utf8');
  }
  return { status: response.statusCode ?? 0, firstByteSeconds, seconds: since(), bytes, text };
}

/** The most memory that a process has had, in MB. Linux only. */
export function peakMegabytes(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return found === undefined ? Number.NaN : Number(found) / 1024;
}
