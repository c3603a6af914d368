import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { eventually } from '@rankloop/testkit';
import { endWithUs } from './end-with-us.ts';

export interface Redis {
  url: string;
  flushAll(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis that keeps nothing on the disk; null where there is no such program. */
export async function startRedis(folder: string): Promise<Redis | null> {
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  endWithUs({ child: server });
  const isMissing = once(server, 'spawn').then(
    () => false,
    () => true,
  );
  if (await isMissing) return null;
  await eventually(async () => (await ask(port, 'PING')) === '+PONG', { what: 'Redis' });
  return {
    url: `redis://127.0.0.1:${port}`,
    async flushAll() {
      const answer = await ask(port, 'FLUSHALL');
      if (answer !== '+OK') throw new Error(`Redis said: ${answer}`);
    },
    async close() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** One command without arguments, as a person would type it. */
async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`${command}\r\n`);
    for await (const answer of socket) return String(answer).trim();
    return '';
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
