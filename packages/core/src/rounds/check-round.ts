import type { FormSpec, RoundCheck, RoundConfig } from '@rankloop/contracts';
import { AppError } from '@rankloop/contracts';
import type { PrismaClient, Project } from '@rankloop/db';
import { gateByHand } from '../auto-rounds/read-facts.ts';
import { sourcesOf } from '../snapshots/create-snapshot.ts';
import { countDrawnOutputs } from '../snapshots/drawn-outputs.ts';
import {
  type JudgementInForce,
  readJudgementsInForce,
  readJudgementsOfSnapshot,
} from '../snapshots/judgements-in-force.repo.ts';
import { readForms } from '../snapshots/read-forms.ts';
import { type Assessment, assessJudgements, findWarnings } from './assess-judgements.ts';
import { countNewJudgements } from './count-new-judgements.ts';
import { estimateRound } from './estimate-round.ts';
import type { Tx } from './fence.ts';
import { findBlockers } from './find-blockers.ts';
import { findGateTrouble } from './find-gate-trouble.ts';
import { readSpeed } from './read-speed.ts';
import { ACTIVE_STATES } from './stages.ts';

export interface CheckRoundOptions {
  prisma: PrismaClient;
  projectId: string;
  /** Absent: all judgements up to now. */
  snapshotId?: string | undefined;
  /** Absent: the policy in use. */
  baseCheckpointId?: string | undefined;
  config: RoundConfig;
}

/** What stands in the way of a round with these stages, before it is started. @throws AppError `not_found` */
export async function checkRound(options: CheckRoundOptions): Promise<RoundCheck> {
  const { prisma, projectId, snapshotId, config } = options;
  const project = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  if (
    snapshotId !== undefined &&
    (await prisma.snapshot.count({ where: { id: snapshotId, projectId } })) === 0
  )
    throw new AppError('not_found', { detail: 'The snapshot is not of this project.' });
  const judgements =
    snapshotId === undefined
      ? readJudgementsInForce(prisma, { projectId, sources: sourcesOf(project) })
      : readJudgementsOfSnapshot(prisma, snapshotId);
  const [{ assessment, blockers }, active, newJudgements] = await Promise.all([
    assessRound(prisma, { project, judgements, config }),
    prisma.round.findFirst({ where: { projectId, state: { in: [...ACTIVE_STATES] } } }),
    // Of an old snapshot it goes without saying.
    snapshotId === undefined ? countNewJudgements(prisma, project) : null,
  ]);
  if (active) blockers.push(`Round ${active.number} is running. Wait for its end or cancel it.`);
  const speed = await readSpeed(prisma, options.baseCheckpointId ?? project.currentPolicyId, assessment);
  const isGated = (await gateByHand(prisma, projectId)) !== null;
  const gateTrouble = isGated ? findGateTrouble(config, project) : null;
  return {
    blockers,
    warnings: [...findWarnings(assessment, newJudgements), ...(gateTrouble === null ? [] : [gateTrouble])],
    estimate: estimateRound({ config, ...speed }),
  };
}

/** Counts what there is to learn from and compares it with what the stages need. For a caller's transaction too. */
export async function assessRound(
  reader: Tx | PrismaClient,
  options: {
    project: Pick<Project, 'id' | 'slug'>;
    judgements: AsyncIterable<JudgementInForce>;
    config: RoundConfig;
    /** Absent: whether the project has any. */
    hasPolicy?: boolean;
  },
): Promise<{ assessment: Assessment; blockers: string[] }> {
  const { project, judgements, config } = options;
  const forms: ReadonlyMap<string, FormSpec> = await readForms(reader, project.id);
  const assessment = await assessJudgements(judgements, forms);
  const hasPolicy =
    options.hasPolicy ??
    (await reader.checkpoint.count({ where: { projectId: project.id, kind: 'policy' } })) > 0;
  const corpora = await reader.corpus.findMany({ where: { projectId: project.id }, select: { name: true } });
  const blockers = findBlockers(
    {
      assessment,
      drawnMarks: await countDrawnOutputs(reader, [...assessment.markedOutputs]),
      hasPolicy,
      corpora: corpora.map(({ name }) => name),
      slug: project.slug,
    },
    config,
  );
  return { assessment, blockers };
}
