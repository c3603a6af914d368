import { randomUUID } from 'node:crypto';
import { METRICS, ROUND_PRESETS } from '@rankloop/contracts';
import { beginStage, logRound, noteStage, recordSamples, recordSteps, type Fence } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import { createCheckpoint, createProject } from '@rankloop/testkit';

/** What PPO records of every iteration, and more. */
const NAMES = Object.keys(METRICS).slice(0, 25);
export const METRICS_PER_STEP = NAMES.length;
/** Outputs are drawn, and a word is said, this often. */
const STEPS_BETWEEN_SAMPLES = 60;
const PROMPTS = 8;
const STAGE = 'ppo';

export interface RunningRound extends Fence {
  projectId: string;
  slug: string;
  promptIds: readonly string[];
}

/** A round in the middle of PPO, as a worker would have brought it there. */
export async function startRunningRound({ prisma }: Db): Promise<RunningRound> {
  const { project } = await createProject(prisma);
  const projectId = project.id;
  const policy = await createCheckpoint(prisma, { projectId, current: true });
  const round = await prisma.round.create({
    data: {
      projectId,
      number: 1,
      state: 'running',
      recipe: STAGE,
      config: ROUND_PRESETS.standard.config,
      baseCheckpointId: policy.id,
      startedAt: new Date(),
      stages: {
        create: ['snapshot', 'reward', STAGE, 'sample', 'queue'].map((name, position) => ({
          position,
          name,
          state: position < 2 ? ('done' as const) : ('waiting' as const),
        })),
      },
    },
  });
  const prompts = Array.from({ length: PROMPTS }, (_, i) => ({
    id: randomUUID(),
    projectId,
    contentHash: `bench-${i}`,
    source: 'imported' as const,
    conversation: [{ role: 'user', content: `Write a review of kettle ${i}.` }],
  }));
  await prisma.prompt.createMany({ data: prompts });
  const fence = { roundId: round.id, attempt: 1 };
  await beginStage(prisma, fence, STAGE, { drawsSamples: true });
  return { ...fence, projectId, slug: project.slug, promptIds: prompts.map(({ id }) => id) };
}

/** One step as the training process records it: its values, and now and then outputs, a note and a line of the log. */
export async function recordStep({ prisma }: Db, round: RunningRound, step: number, totalSteps: number) {
  const { roundId, attempt } = round;
  const fence = { roundId, attempt };
  const values = Object.fromEntries(
    NAMES.map((name, i) => [name, Math.sin(step / (20 + i)) + step / totalSteps]),
  );
  await recordSteps(prisma, fence, STAGE, [{ step, totalSteps, values }]);
  if (step % STEPS_BETWEEN_SAMPLES !== 0) return;
  await recordSamples(
    prisma,
    fence,
    round.promptIds.map((promptId) => ({
      policy: 'now' as const,
      step,
      promptId,
      text: `After ${step} steps: ${'the kettle boils quickly and quietly. '.repeat(5)}`,
      tokens: 40,
      score: Math.sin(step),
      kl: step / totalSteps,
    })),
  );
  await noteStage(prisma, fence, STAGE, `Iteration ${step} of ${totalSteps}`);
  await logRound(prisma, fence, `Iteration ${step} is done.`);
}
