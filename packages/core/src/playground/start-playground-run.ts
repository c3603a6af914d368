import { AppError, type PlaygroundBody } from '@rankloop/contracts';
import { Prisma, type PrismaClient, type SideRun } from '@rankloop/db';
import { refusePruned } from '../checkpoints/hold-checkpoint.ts';
import { emitSideRun } from '../side-runs/side-run-events.ts';
import { ACTIVE_SIDE_RUNS } from '../side-runs/side-run-view.ts';

/** Of all projects: who comes later is told so instead of waiting for minutes. */
const MOST_WAITING = 8;

export interface StartPlaygroundRunOptions {
  prisma: PrismaClient;
  projectId: string;
  userId: string;
  request: PlaygroundBody;
}

/**
 * Writes down what is to be drawn; a worker does it.
 *
 * @throws AppError `not_found` for a checkpoint that is not of this project, `conflict` for one whose files were deleted
 *   and while the same person's last request is at work, `slow_down` while too many wait
 */
export async function startPlaygroundRun(options: StartPlaygroundRunOptions): Promise<SideRun> {
  const { prisma, projectId, userId, request } = options;
  try {
    return await prisma.$transaction(async (tx) => {
      await checkCheckpoints(tx, projectId, request);
      const waiting = await tx.sideRun.count({
        where: { kind: 'playground', state: { in: [...ACTIVE_SIDE_RUNS] } },
      });
      if (waiting >= MOST_WAITING) {
        const detail = 'Many people draw at the moment. Try again in a minute.';
        throw new AppError('slow_down', { detail, retryAfter: 60 });
      }
      const run = await tx.sideRun.create({
        data: {
          projectId,
          kind: 'playground',
          request,
          total: request.checkpointIds.length,
          createdById: userId,
        },
      });
      await emitSideRun(tx, run);
      return run;
    });
  } catch (error) {
    // The partial unique index lets one request of a person through.
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
      throw new AppError('conflict', {
        detail: 'Your last request is still at work: wait for it or stop it.',
      });
    }
    throw error;
  }
}

async function checkCheckpoints(
  tx: Prisma.TransactionClient,
  projectId: string,
  { checkpointIds, rewardCheckpointId }: PlaygroundBody,
): Promise<void> {
  const wanted = [...new Set(checkpointIds)];
  const policies = await tx.checkpoint.findMany({
    where: { id: { in: wanted }, projectId, kind: 'policy' },
  });
  if (policies.length < wanted.length) {
    throw new AppError('not_found', { detail: 'There is no such policy in this project.' });
  }
  for (const policy of policies) refusePruned(policy);
  if (rewardCheckpointId === null) return;
  const reward = await tx.checkpoint.findFirst({
    where: { id: rewardCheckpointId, projectId, kind: 'reward' },
  });
  if (!reward) throw new AppError('not_found', { detail: 'There is no such reward model in this project.' });
  refusePruned(reward);
}
