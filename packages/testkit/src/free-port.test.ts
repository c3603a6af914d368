import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('a port is given to one caller only, and is none that the system hands out', async () => {
  const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()));
  expect(new Set(ports).size).toBe(4);
  for (const port of ports) expect(port).toBeLessThan(32_768);
});

test('a port that is in use is passed over', async () => {
  const server = createServer();
  // The row comes round after twenty.
  const taken = await freePort();
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  try {
    for (let i = 0; i < 40; i++) expect(await freePort()).not.toBe(taken);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
