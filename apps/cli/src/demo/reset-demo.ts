import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteProject } from '@rankloop/core';
import type { CliContext } from '../context.ts';

/** Takes away the demo project, its synthetic labelers and its weights, and nothing else. */
export async function resetDemo({ config, db }: CliContext): Promise<void> {
  const projects = await db.prisma.project.findMany({ where: { isDemo: true }, select: { id: true } });
  for (const { id } of projects) {
    const folders = await deleteProject(db, id);
    for (const folder of folders) await rm(join(config.dataDir, folder), { recursive: true, force: true });
  }
}
