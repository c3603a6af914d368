import { AppError, type AutoRoundSettings, type AutoRoundState } from '@rankloop/contracts';
import type { PrismaClient, Project } from '@rankloop/db';
import { findGateTrouble } from '../rounds/find-gate-trouble.ts';
import { configOfRule } from './config-of-rule.ts';
import { nextScheduledAt } from './is-due.ts';
import { readAutoRoundFacts } from './read-facts.ts';

const ROUNDS_TO_COPY = 20;

/** A project's rule as it stands, and what it waits for. */
export async function getAutoRounds(options: {
  prisma: PrismaClient;
  projectId: string;
  now: Date;
}): Promise<AutoRoundState> {
  const { prisma, projectId, now } = options;
  const project = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  const facts = await readAutoRoundFacts(prisma, project, now);
  const { likeRoundId } = facts.settings;
  const shown = { id: true, number: true, recipe: true } as const;
  const newest = await prisma.round.findMany({
    where: { projectId },
    orderBy: { number: 'desc' },
    take: ROUNDS_TO_COPY,
    select: shown,
  });
  // The one that the rule takes now can be an old one.
  const chosen =
    likeRoundId === null || newest.some(({ id }) => id === likeRoundId)
      ? []
      : await prisma.round.findMany({ where: { id: likeRoundId, projectId }, select: shown });
  const rounds = [...newest, ...chosen];
  return {
    settings: facts.settings,
    newJudgements: facts.newJudgements,
    nextAt: nextScheduledAt(facts)?.toISOString() ?? null,
    note: facts.row?.note ?? null,
    warning: await findWarning(prisma, project, facts.settings),
    rounds,
  };
}

/** What is wrong with the rule itself, before it has started anything. */
async function findWarning(
  prisma: PrismaClient,
  project: Project,
  settings: AutoRoundSettings,
): Promise<string | null> {
  if (settings.trigger.when === 'never') return null;
  try {
    return findGateTrouble(await configOfRule(prisma, project, settings), project);
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
