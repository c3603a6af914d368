import { AppError, Id } from '@rankloop/contracts';
import type { Checkpoint, PrismaClient } from '@rankloop/db';

export interface FindCheckpointOptions {
  prisma: Pick<PrismaClient, 'checkpoint'>;
  projectId: string;
  /** Its name or its id; absent: the policy in use. */
  checkpoint?: string | undefined;
}

/** Names that a refusal lists. */
const NAMES_SHOWN = 20;

/** A checkpoint as people name it at a terminal. @throws AppError `not_found` with the names that there are */
export async function findCheckpoint(options: FindCheckpointOptions): Promise<Checkpoint> {
  const { prisma, projectId, checkpoint: wanted } = options;
  const isId = Id.safeParse(wanted).success;
  const which =
    wanted === undefined ? { currentOf: { id: projectId } } : isId ? { id: wanted } : { name: wanted };
  // Of several attempts of a round, the last.
  const orderBy = { createdAt: 'desc' } as const;
  const found = await prisma.checkpoint.findFirst({ where: { projectId, ...which }, orderBy });
  if (found) return found;
  const known = await prisma.checkpoint.findMany({ where: { projectId }, orderBy, take: NAMES_SHOWN });
  const names = known.map(({ name }) => name).join(', ');
  const what =
    wanted === undefined ? 'The project has no policy in use.' : `There is no checkpoint called ${wanted}.`;
  throw new AppError('not_found', {
    detail: `${what} ${names === '' ? 'There is none yet.' : `There are: ${names}.`}`,
  });
}
