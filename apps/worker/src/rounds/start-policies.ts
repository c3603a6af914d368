import { findDamage, findRootPolicy, findWholePolicy, logRound } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import { TrainingFailedError } from '../training/training-process.ts';
import type { RoundContext } from './round-context.ts';

/**
 * The policy that the round begins from and the first one of its line, each as it was written: in place of a damaged one
 * stands the nearest one before it that is whole, and the round's log says so.
 *
 * @throws TrainingFailedError where none of the line is whole
 */
export async function findStartPolicies({
  prisma,
  dataDir,
  fence,
  round,
}: Pick<RoundContext, 'prisma' | 'dataDir' | 'fence' | 'round'>): Promise<{
  before: Checkpoint;
  base: Checkpoint;
}> {
  const warn = (sentence: string) => logRound(prisma, fence, sentence, 'warning');
  const found = await findWholePolicy({ prisma, dataDir, checkpointId: round.baseCheckpointId });
  const { checkpoint: before, refused } = found;
  if (!before) {
    const reason = `${refused.join(' ')} No policy before it is whole. Bring back the data directory or add a model.`;
    throw new TrainingFailedError('error', reason);
  }
  for (const sentence of refused) await warn(`${sentence} The round begins from "${before.name}".`);
  const root = await findRootPolicy(prisma, before);
  if (root.id === before.id) return { before, base: before };
  const damage = await findDamage(dataDir, root);
  if (damage === null) return { before, base: root };
  await warn(`"${root.name}" is refused: ${damage} The new policy is compared with "${before.name}" only.`);
  return { before, base: before };
}
