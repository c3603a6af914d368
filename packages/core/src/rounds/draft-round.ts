import { ROUND_PRESETS, type RoundConfig, type RoundDraft } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { listCorpora } from '../corpora/index.ts';
import { sourcesOf } from '../snapshots/create-snapshot.ts';
import { readJudgementsInForce } from '../snapshots/judgements-in-force.repo.ts';
import { findWarnings } from './assess-judgements.ts';
import { assessRound } from './check-round.ts';
import { countNewJudgements } from './count-new-judgements.ts';
import { estimateRound } from './estimate-round.ts';
import { readSpeed } from './read-speed.ts';
import { ACTIVE_STATES } from './stages.ts';

/** What a round started now would use, what is missing, and the defaults. */
export async function draftRound(options: { prisma: PrismaClient; projectId: string }): Promise<RoundDraft> {
  const { prisma, projectId } = options;
  const project = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  const defaults = defaultRoundConfig(project);
  const judgements = readJudgementsInForce(prisma, { projectId, sources: sourcesOf(project) });
  const [{ assessment, blockers }, checkpoints, snapshots, corpora, active, newJudgements] =
    await Promise.all([
      assessRound(prisma, { project, judgements, config: defaults }),
      prisma.checkpoint.findMany({
        where: { projectId, kind: 'policy', prunedAt: null },
        orderBy: { createdAt: 'desc' },
        take: 100,
        select: { id: true, name: true },
      }),
      prisma.snapshot.findMany({
        where: { projectId },
        orderBy: { createdAt: 'desc' },
        take: 50,
        select: { id: true, name: true, judgementCount: true },
      }),
      listCorpora(prisma, projectId),
      prisma.round.findFirst({ where: { projectId, state: { in: [...ACTIVE_STATES] } } }),
      countNewJudgements(prisma, project),
    ]);
  const speed = await readSpeed(prisma, project.currentPolicyId, assessment);
  if (active) blockers.push(`Round ${active.number} is running. Wait for its end or cancel it.`);
  return {
    judgements: assessment.judgements,
    newSinceLastRound: newJudgements ?? assessment.judgements,
    usablePairs: assessment.usablePairs,
    prompts: assessment.prompts,
    people: assessment.people,
    defaults,
    blockers,
    warnings: findWarnings(assessment, newJudgements),
    estimate: estimateRound({ config: defaults, ...speed }),
    baseCheckpoints: checkpoints.map((checkpoint) => ({
      ...checkpoint,
      isCurrent: checkpoint.id === project.currentPolicyId,
    })),
    snapshots,
    corpora: corpora.map(({ name, texts }) => ({ name, texts })),
  };
}

/** Settings to start from: the demo's small model wants its own. */
export function defaultRoundConfig(project: { isDemo: boolean }): RoundConfig {
  return ROUND_PRESETS[project.isDemo ? 'demo' : 'standard'].config;
}
