import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Asker, TestApp } from './start-test-app.ts';

export interface Upload {
  sent: ClientRequest;
  /** Waits while the server is not reading. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** Ends the body and gives the answer. */
  finish(): Promise<{ status: number; body: unknown }>;
  /** Drops the connection in the middle, as a closed laptop does. */
  cutOff(): void;
}

/** Where the instance listens; it starts to when first asked. */
export async function originOf(app: TestApp): Promise<string> {
  if (!app.server.server.listening) await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** A POST through a real socket, whose body is sent as the caller goes. */
export async function openUpload(app: TestApp, as: Asker, path: string): Promise<Upload> {
  const sent = request(`${await originOf(app)}/api/v1${path}`, {
    method: 'POST',
    headers: {
      host: 'rankloop.test',
      origin: 'http://rankloop.test',
      'content-type': 'application/x-ndjson',
      ...as.headers,
    },
  });
  const answered = new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
        });
      });
    });
  });
  answered.catch(() => undefined);
  return {
    sent,
    write: async (chunk) => {
      if (sent.write(chunk)) return;
      const waiting = new AbortController();
      const drained = once(sent, 'drain', { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([drained, answered]);
      waiting.abort();
    },
    finish: () => {
      sent.end();
      return answered;
    },
    cutOff: () => sent.destroy(),
  };
}
