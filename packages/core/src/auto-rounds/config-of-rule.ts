import { AppError, RoundConfig, type AutoRoundSettings } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { defaultRoundConfig } from '../rounds/draft-round.ts';

/**
 * The stages and settings of the rounds that a rule starts.
 *
 * @throws AppError `round_not_ready` when the round that they are taken from is gone or cannot be read
 */
export async function configOfRule(
  prisma: Pick<PrismaClient, 'round'>,
  project: { id: string; isDemo: boolean },
  { likeRoundId }: AutoRoundSettings,
): Promise<RoundConfig> {
  if (likeRoundId === null) return defaultRoundConfig(project);
  const round = await prisma.round.findFirst({ where: { id: likeRoundId, projectId: project.id } });
  const config = RoundConfig.safeParse(round?.config);
  if (config.success) return config.data;
  throw new AppError('round_not_ready', {
    detail:
      'The round whose stages and settings this rule takes is gone or cannot be read. Choose another one.',
  });
}
