import { AppError } from '@rankloop/contracts';
import type { PrismaClient, Project, Round } from '@rankloop/db';
import { ACTIVE_STATES } from '../rounds/stages.ts';
import { startRound } from '../rounds/start-round.ts';
import { configOfRule } from './config-of-rule.ts';
import { isAutoRoundDue } from './is-due.ts';
import { readAutoRoundFacts, type ProjectAutoRounds } from './read-facts.ts';

export interface DueAutoRound {
  project: Project;
  facts: ProjectAutoRounds;
}

/** Projects whose own rule asks for a round now, and in which none is at work. */
export async function dueAutoRounds(prisma: PrismaClient, now: Date): Promise<DueAutoRound[]> {
  const projects = await prisma.project.findMany({
    where: {
      archivedAt: null,
      autoRounds: { isNot: null },
      rounds: { none: { state: { in: [...ACTIVE_STATES] } } },
    },
  });
  const due: DueAutoRound[] = [];
  for (const project of projects) {
    const facts = await readAutoRoundFacts(prisma, project, now);
    if (isAutoRoundDue(facts)) due.push({ project, facts });
  }
  return due;
}

/** Starts what is due. @returns the rounds that were started */
export async function startDueAutoRounds(prisma: PrismaClient, now: Date): Promise<Round[]> {
  const started: Round[] = [];
  for (const due of await dueAutoRounds(prisma, now)) {
    const round = await startAutoRound(prisma, due);
    if (round) started.push(round);
  }
  return started;
}

/**
 * Several reconcilers may find the same project due: who moves the row's time of the last try on from what both have
 * read may start the round, even when another's round has begun and ended meanwhile. What stands in the way is kept
 * beside the rule, for people to read.
 *
 * @returns null when another was quicker, or when the round was refused
 */
export async function startAutoRound(
  prisma: PrismaClient,
  { project, facts }: DueAutoRound,
): Promise<Round | null> {
  const projectId = project.id;
  const { settings, triedAt, now } = facts;
  // A rule that was changed since it was read starts nothing: it is read again at the next look.
  const asRead = { projectId, ...(facts.row && { changedAt: facts.row.changedAt }) };
  const { count } = await prisma.autoRounds.updateMany({
    where: { ...asRead, triedAt },
    data: { triedAt: now, note: null },
  });
  if (count === 0) return null;
  try {
    const config = await configOfRule(prisma, project, settings);
    const actor = { userId: null };
    return await startRound({ prisma, projectId, actor, config, gate: settings.gate, isAutomatic: true });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await prisma.autoRounds.updateMany({ where: asRead, data: { note: error.message } });
    return null;
  }
}
