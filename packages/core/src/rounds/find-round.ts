import { AppError } from '@rankloop/contracts';
import type { Prisma, Round } from '@rankloop/db';

/** @throws AppError `not_found`, also for a round of another project */
export async function findRoundOfProject(
  reader: Pick<Prisma.TransactionClient, 'round'>,
  key: { projectId: string; roundId: string },
): Promise<Round> {
  const round = await reader.round.findFirst({ where: { id: key.roundId, projectId: key.projectId } });
  if (!round) throw new AppError('not_found', { detail: 'There is no such round in this project.' });
  return round;
}
