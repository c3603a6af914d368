import { lastMade, RECIPES, type StageSpec } from '@rankloop/contracts';
import { finishStage, logRound, removeProgress, type SampleReport } from '@rankloop/core';
import type { Checkpoint } from '@rankloop/db';
import type { LiveSample } from '../training/messages.ts';
import { findMade, keepFolder } from './keep-folder.ts';
import {
  checkpointsOf,
  resolveInputs,
  servingOf,
  type Made,
  type MadeByName,
  type StageInputs,
} from './made.ts';
import { toWork } from './recipes/define-recipe.ts';
import { RECIPE_MODULES } from './recipes/index.ts';
import type { RoundContext } from './round-context.ts';
import { withProgress } from './with-progress.ts';

/** One stage of the round's list. */
export async function runStage(context: RoundContext, stage: StageSpec, made: MadeByName): Promise<Made> {
  const inputs = resolveInputs(context, stage, made);
  return { checkpoint: await trainStage(context, stage, inputs), serving: servingOf(stage, inputs) };
}

/** What an earlier attempt has made in the stage, or training. */
async function trainStage(context: RoundContext, stage: StageSpec, inputs: StageInputs): Promise<Checkpoint> {
  const { prisma, fence, config } = context;
  const recipe = RECIPE_MODULES[stage.recipe];
  const kind = RECIPES[stage.recipe].makes;
  const isLast = lastMade(config.stages, kind) === stage;
  // The page follows one policy on its way; it is the one that the round ends with.
  const drawsSamples = isLast && kind === 'policy';

  const found = await findMade(context, stage.name, checkpointsOf(inputs));
  const progress = { dataDir: context.dataDir, roundId: context.round.id, stage: stage.name };
  const written = { name: stage.name, drawsSamples };
  const checkpoint =
    found ??
    (await keepFolder(context, { kind, stage: stage.name, isLast, parentId: inputs.policy.id }, (outDir) =>
      withProgress(context, progress, written, (writer, saving) =>
        recipe.train(toWork(context, stage, inputs, outDir), {
          ...saving,
          onMetrics: (step, totalSteps, values) => writer.addStep({ step, totalSteps, values }),
          onSamples: (step, samples) => {
            if (drawsSamples) writer.addSamples(samples.map((sample) => toSample(step, sample)));
          },
        }),
      ),
    ));
  const { report, sentence } = recipe.read(stage, checkpoint.metrics, config.stages);
  if (!found) await logRound(prisma, fence, sentence);
  await finishStage(prisma, fence, stage.name, report);
  await removeProgress(progress);
  return checkpoint;
}

/** Step 0 is the policy as the stage found it. */
function toSample(step: number, { score, kl, ...sample }: LiveSample): SampleReport {
  const policy = step === 0 ? 'before' : 'now';
  return { ...sample, policy, step, score: finiteOrNull(score), kl: finiteOrNull(kl) };
}

const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null);
