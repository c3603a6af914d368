import { AutoRoundSettings, type PromotionGate } from '@rankloop/contracts';
import type { AutoRounds, Prisma, PrismaClient } from '@rankloop/db';
import { sourcesOf } from '../snapshots/create-snapshot.ts';
import type { AutoRoundFacts } from './is-due.ts';

export interface ProjectAutoRounds extends AutoRoundFacts {
  settings: AutoRoundSettings;
  row: AutoRounds | null;
}

/** What the rows say about a project's rule. A project without a row has the defaults: never, and no gate by hand. */
export async function readAutoRoundFacts(
  prisma: PrismaClient,
  project: { id: string; isDemo: boolean },
  now: Date,
): Promise<ProjectAutoRounds> {
  const projectId = project.id;
  const [row, lastRound, newestUsed] = await Promise.all([
    prisma.autoRounds.findUnique({ where: { projectId } }),
    prisma.round.findFirst({
      where: { projectId },
      orderBy: { number: 'desc' },
      select: { createdAt: true },
    }),
    // Not the last round's: somebody may have trained on an old snapshot since.
    prisma.snapshot.findFirst({
      where: { projectId, rounds: { some: {} } },
      orderBy: { createdAt: 'desc' },
      select: { createdAt: true },
    }),
  ]);
  const since = newestUsed?.createdAt;
  const newJudgements = await prisma.judgement.count({
    where: {
      projectId,
      revision: 1,
      source: { in: sourcesOf(project) },
      ...(since !== undefined && { createdAt: { gt: since } }),
    },
  });
  const settings = settingsOf(row);
  return {
    settings,
    row,
    trigger: settings.trigger,
    changedAt: row?.changedAt ?? now,
    lastRoundAt: lastRound?.createdAt ?? null,
    newJudgements,
    triedAt: row?.triedAt ?? null,
    now,
  };
}

/** Settings that this version cannot read start nothing. */
export function settingsOf(row: Pick<AutoRounds, 'settings'> | null): AutoRoundSettings {
  const parsed = AutoRoundSettings.safeParse(row?.settings ?? {});
  return parsed.success ? parsed.data : AutoRoundSettings.parse({});
}

/** What a round that a person starts has to reach; null: its policy is always put in use. */
export async function gateByHand(
  reader: Pick<Prisma.TransactionClient, 'autoRounds'>,
  projectId: string,
): Promise<PromotionGate | null> {
  const settings = settingsOf(await reader.autoRounds.findUnique({ where: { projectId } }));
  return settings.gateByHand ? settings.gate : null;
}
