import { Readable } from 'node:stream';
import {
  getCheckpoint,
  getCheckpointStorage,
  listCheckpoints,
  packCheckpoint,
  promoteCheckpoint,
  pruneCheckpoints,
  updateRetention,
} from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';
import { tarBytes, tarOf } from './tar-of.ts';

export function registerCheckpoints(mount: Mount, { config, db: { prisma } }: FeatureDeps): void {
  const { dataDir } = config;

  mount('listCheckpoints', ({ params, query }) => listCheckpoints({ prisma, ...params, ...query }));
  mount('getCheckpoint', ({ params }) => getCheckpoint({ prisma, ...params }));
  mount('promoteCheckpoint', ({ params, actor }) => promoteCheckpoint({ prisma, ...params, actor }));

  mount('downloadCheckpoint', async ({ params, actor, reply, reauthorize }) => {
    const { folder, createdAt, files } = await packCheckpoint({ prisma, dataDir, ...params, actor });
    reply.header('content-disposition', `attachment; filename="${folder}.tar"`);
    reply.header('content-length', tarBytes(files));
    return Readable.from(whileAllowed(tarOf(folder, createdAt, files), reauthorize), { objectMode: false });
  });

  mount('getCheckpointStorage', ({ params }) => getCheckpointStorage({ prisma, ...params }));
  mount('updateRetention', async ({ params, body, actor }) => {
    await updateRetention({ prisma, ...params, settings: body, actor });
    return getCheckpointStorage({ prisma, ...params });
  });
  mount('pruneCheckpoints', ({ params, actor }) => pruneCheckpoints({ prisma, dataDir, ...params, actor }));
}

const CHUNKS_PER_CHECK = 1000;

/** A download that breaks off when whoever asked for it may have it no longer. */
async function* whileAllowed(
  chunks: AsyncIterable<Uint8Array>,
  reauthorize: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of chunks) {
    count++;
    if (count % CHUNKS_PER_CHECK === 0) await reauthorize();
    yield chunk;
  }
}
