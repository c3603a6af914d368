import type { BudgetView } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { adviseBudget } from './advise-budget.ts';
import { countUsefulJudgements, findCurveBlockers } from './count-judgements.ts';
import { viewCurveRun } from './curve-rows.ts';

/** What is known of the project's learning curve, and what to do with the next `labels`. */
export async function getBudget(options: {
  prisma: PrismaClient;
  projectId: string;
  labels: number;
}): Promise<BudgetView> {
  const { prisma, projectId, labels } = options;
  const project = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  const counts = await countUsefulJudgements(prisma, project);
  const runs = (state?: 'succeeded') =>
    prisma.sideRun.findFirst({
      where: { projectId, kind: 'learning_curve', ...(state && { state }) },
      orderBy: { createdAt: 'desc' },
    });
  const [newest, whole] = [await runs(), await runs('succeeded')];
  // While a new one is being measured, the last whole one still advises.
  const lastWhole = whole ? await viewCurveRun(prisma, whole) : null;
  return {
    ...counts,
    blockers: findCurveBlockers({ ...counts, hasPolicy: project.currentPolicyId !== null }),
    curve: newest ? await viewCurveRun(prisma, newest) : null,
    measured: lastWhole,
    advice: adviseBudget(lastWhole?.result ?? null, labels),
  };
}
