import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemView } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { jobCatalog, type Queues } from '@rankloop/jobs';
import { z } from 'zod';
import type { ApiConfig } from '../env.ts';
import { VERSION } from '../version.ts';

const Engine = z.object({ name: z.string(), why: z.string(), threads: z.number().int() });

export interface SystemDeps {
  config: Pick<ApiConfig, 'dataDir' | 'isDatabaseEmbedded'>;
  db: Db;
  queues: Pick<Queues, 'backend' | 'count'>;
}

export async function getSystem({ config, db, queues }: SystemDeps): Promise<SystemView> {
  const [counts, database, disk, usedBytes, workers] = await Promise.all([
    queues.count(Object.values(jobCatalog)),
    db.pool.query<{ version: string; bytes: string }>(
      `SELECT current_setting('server_version') AS version, pg_database_size(current_database())::text AS bytes`,
    ),
    statfs(config.dataDir),
    sumBytes(config.dataDir),
    db.prisma.workerProcess.findMany({ orderBy: { seenAt: 'desc' }, take: 20 }),
  ]);
  const engine = Engine.safeParse(workers[0]?.engine);
  return {
    version: VERSION,
    engine: engine.success ? engine.data : null,
    queue: { backend: queues.backend, ...counts },
    database: {
      version: database.rows[0]?.version ?? '',
      embedded: config.isDatabaseEmbedded,
      bytes: Number(database.rows[0]?.bytes ?? 0),
    },
    disk: { usedBytes, freeBytes: disk.bavail * disk.bsize },
    workers: workers.map(({ id, hostname, pid, seenAt }) => ({
      id,
      hostname,
      pid,
      seenAt: seenAt.toISOString(),
    })),
  };
}

/** Files and folders come and go while we count, and some may be another user's: those count nothing. */
async function sumBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let total = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) total += await sumBytes(path);
    else if (entry.isFile()) total += (await stat(path).catch(() => null))?.size ?? 0;
  }
  return total;
}
