import { AppError, lastMade, type PromotionGate, type RoundConfig } from '@rankloop/contracts';
import { Prisma, type PrismaClient, type Round } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { freezeJudgements, LONG_TRANSACTION } from '../snapshots/create-snapshot.ts';
import { readJudgementsOfSnapshot } from '../snapshots/judgements-in-force.repo.ts';
import { gateByHand } from '../auto-rounds/read-facts.ts';
import { holdPolicy } from '../checkpoints/hold-checkpoint.ts';
import { assessRound } from './check-round.ts';
import { defaultRoundConfig } from './draft-round.ts';
import { findGateTrouble } from './find-gate-trouble.ts';
import { emitRound } from './round-events.ts';
import { ACTIVE_STATES, stagesOf } from './stages.ts';
import type { Tx } from './fence.ts';

export interface StartRoundOptions {
  prisma: PrismaClient;
  projectId: string;
  actor: Actor;
  /** Absent: a new snapshot of all judgements up to now. */
  snapshotId?: string | undefined;
  /** Absent: the policy in use. */
  baseCheckpointId?: string | undefined;
  config?: RoundConfig | undefined;
  /** What the new policy has to reach to be put in use; absent: what the project asks of rounds that people start. */
  gate?: PromotionGate | undefined;
  /** Started by the project's own rule. */
  isAutomatic?: boolean | undefined;
}

/**
 * Writes the round, its snapshot and its stages down; a worker does the rest. The settings are frozen complete with
 * their defaults.
 *
 * @throws AppError `round_active` with the id of the round in the way, `round_not_ready` with what is missing,
 *   `not_found` for a snapshot or checkpoint that is not of this project, `conflict` for a checkpoint without files
 */
export async function startRound(options: StartRoundOptions): Promise<Round> {
  const { prisma, projectId } = options;
  await refuseSecondRound(prisma, projectId);
  try {
    return await prisma.$transaction((tx) => writeRound(tx, options), LONG_TRANSACTION);
  } catch (error) {
    // Two starts at once: the partial unique index lets one of them through.
    if (isLostRace(error)) await refuseSecondRound(prisma, projectId);
    throw error;
  }
}

async function writeRound(tx: Tx, options: StartRoundOptions): Promise<Round> {
  const { projectId, actor } = options;
  const project = await tx.project.findUniqueOrThrow({ where: { id: projectId } });
  const baseCheckpointId = options.baseCheckpointId ?? project.currentPolicyId;
  const base =
    baseCheckpointId === null ? null : await holdPolicy(tx, { projectId, checkpointId: baseCheckpointId });
  if (!base && options.baseCheckpointId !== undefined) {
    throw new AppError('not_found', { detail: 'The base checkpoint is not a policy of this project.' });
  }
  const snapshot =
    options.snapshotId === undefined
      ? await freezeJudgements(tx, { projectId, actor })
      : await tx.snapshot.findFirst({ where: { id: options.snapshotId, projectId } });
  if (!snapshot) throw new AppError('not_found', { detail: 'The snapshot is not of this project.' });
  const config = options.config ?? defaultRoundConfig(project);
  const judgements = readJudgementsOfSnapshot(tx, snapshot.id);
  const hasPolicy = base !== null;
  const { assessment, blockers } = await assessRound(tx, { project, judgements, config, hasPolicy });
  if (blockers.length > 0 || !base) throw new AppError('round_not_ready', { detail: blockers.join(' ') });

  const gate = options.gate ?? (await gateByHand(tx, projectId));
  const isAutomatic = options.isAutomatic ?? false;
  const { _max: max } = await tx.round.aggregate({ where: { projectId }, _max: { number: true } });
  const round = await tx.round.create({
    data: {
      projectId,
      number: (max.number ?? 0) + 1,
      recipe: (lastMade(config.stages, 'policy') ?? lastMade(config.stages, 'reward'))?.recipe ?? '',
      config,
      snapshotId: snapshot.id,
      baseCheckpointId: base.id,
      createdById: actor.userId,
      isAutomatic,
      ...(gate && { gate }),
      stages: { create: stagesOf(config).map(({ name }, position) => ({ position, name })) },
    },
  });
  const gateTrouble = gate && findGateTrouble(config, project);
  if (gateTrouble !== null) {
    const { id: roundId, attempt } = round;
    await tx.roundLog.create({ data: { roundId, attempt, level: 'warning', message: gateTrouble } });
  }
  await recordAuditEvent(tx, actor, {
    action: 'round.started',
    projectId,
    subjectType: 'round',
    subjectId: round.id,
    detail: { number: round.number, judgements: assessment.judgements, isAutomatic },
  });
  await emitRound(tx, projectId, { roundId: round.id, state: round.state, stage: null });
  return round;
}

async function refuseSecondRound(prisma: PrismaClient, projectId: string): Promise<void> {
  const active = await prisma.round.findFirst({ where: { projectId, state: { in: [...ACTIVE_STATES] } } });
  if (!active) return;
  throw new AppError('round_active', {
    detail: `Round ${active.number} is running. Wait for its end or cancel it.`,
    conflictId: active.id,
  });
}

function isLostRace(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && ['P2002', 'P2034'].includes(error.code);
}
