import { AppError, type AutoRoundSettings } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { recordAuditEvent, type Actor } from '../audit/record-audit-event.ts';

export interface UpdateAutoRoundsOptions {
  prisma: PrismaClient;
  projectId: string;
  actor: Actor;
  settings: AutoRoundSettings;
}

/** A changed rule begins anew: its schedule counts from now. @throws AppError `not_found` for a round of elsewhere */
export async function updateAutoRounds(options: UpdateAutoRoundsOptions): Promise<void> {
  const { prisma, projectId, actor, settings } = options;
  const { likeRoundId, trigger, gate, gateByHand } = settings;
  await prisma.$transaction(async (tx) => {
    if (likeRoundId !== null && (await tx.round.count({ where: { id: likeRoundId, projectId } })) === 0)
      throw new AppError('not_found', { detail: 'There is no such round in this project.' });
    const fresh = { settings, changedAt: new Date(), triedAt: null, note: null };
    await tx.autoRounds.upsert({
      where: { projectId },
      create: { projectId, ...fresh },
      update: fresh,
    });
    await recordAuditEvent(tx, actor, {
      action: 'auto-rounds.changed',
      projectId,
      subjectType: 'project',
      subjectId: projectId,
      detail: {
        when: trigger.when,
        accuracyMargin: gate.accuracyMargin,
        winRateMargin: gate.winRateMargin,
        gateByHand,
      },
    });
  });
}
