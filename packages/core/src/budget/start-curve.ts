import { AppError } from '@rankloop/contracts';
import { Prisma, type PrismaClient, type SideRun } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { defaultRoundConfig } from '../rounds/draft-round.ts';
import { emitSideRun } from '../side-runs/side-run-events.ts';
import { freezeJudgements, LONG_TRANSACTION } from '../snapshots/create-snapshot.ts';
import { countUsefulJudgements, findCurveBlockers } from './count-judgements.ts';
import type { CurveRequest } from './curve-rows.ts';

const SEED = 1;

export interface StartCurveOptions {
  prisma: PrismaClient;
  projectId: string;
  actor: Actor;
}

/**
 * Freezes the judgements and writes down that their learning curve is wanted; a worker measures it.
 *
 * @throws AppError `round_not_ready` with what is missing, `conflict` while one is being measured
 */
export async function startCurve(options: StartCurveOptions): Promise<SideRun> {
  try {
    return await options.prisma.$transaction((tx) => writeCurve(tx, options), LONG_TRANSACTION);
  } catch (error) {
    // The partial unique index lets one of two starts through.
    if (error instanceof Prisma.PrismaClientKnownRequestError && ['P2002', 'P2034'].includes(error.code)) {
      throw new AppError('conflict', { detail: 'A learning curve of this project is being measured.' });
    }
    throw error;
  }
}

async function writeCurve(
  tx: Prisma.TransactionClient,
  { projectId, actor }: StartCurveOptions,
): Promise<SideRun> {
  const project = await tx.project.findUniqueOrThrow({ where: { id: projectId } });
  const policyId = project.currentPolicyId;
  const counts = await countUsefulJudgements(tx, project);
  const blockers = findCurveBlockers({ ...counts, hasPolicy: policyId !== null });
  if (blockers.length > 0 || policyId === null) {
    throw new AppError('round_not_ready', { detail: blockers.join(' ') });
  }
  const snapshot = await freezeJudgements(tx, { projectId, actor });
  const { stages, sampling } = defaultRoundConfig(project);
  const reward = stages.find((stage) => stage.recipe === 'reward');
  if (!reward) throw new Error('The round that is the default trains no reward model.');
  const request: CurveRequest = {
    snapshotId: snapshot.id,
    judgements: snapshot.judgementCount,
    policyId,
    config: reward.config,
    sampling,
    seed: SEED,
  };
  const run = await tx.sideRun.create({
    data: { projectId, kind: 'learning_curve', request, createdById: actor.userId },
  });
  await recordAuditEvent(tx, actor, {
    action: 'curve.started',
    projectId,
    subjectType: 'side-run',
    subjectId: run.id,
    detail: { judgements: snapshot.judgementCount },
  });
  await emitSideRun(tx, run);
  return run;
}
