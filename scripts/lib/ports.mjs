import { createServer } from 'node:net';
import { PlainError } from './plain.mjs';

export async function freePort(host = '127.0.0.1') {
  const probe = await listen(0, host);
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Says so in time, before a minute of set-up, that the address people will use is not ours to have. */
export async function requireFreePort(port, host) {
  try {
    const probe = await listen(port, host);
    await new Promise((resolve) => probe.close(resolve));
  } catch (error) {
    switch (error.code) {
      case 'EADDRINUSE':
        throw new PlainError(
          `Port ${port} is in use by another program. Choose another: npm start -- --port ${port + 1}`,
        );
      case 'EACCES':
        throw new PlainError(
          `This user may not use port ${port}. Choose one above 1023: npm start -- --port 3000`,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
        throw new PlainError(`HOST is ${host}, which is not an address of this machine.`);
      default:
        throw error;
    }
  }
}

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}
