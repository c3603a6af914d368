import { join } from 'node:path';
import type { RecipeName, StageOf, StageReport, StageSpec } from '@rankloop/contracts';
import type { Checkpoint, Prisma } from '@rankloop/db';
import { z } from 'zod';
import type { TrainingCommand } from '../../training/messages.ts';
import type { TrainingListeners } from '../../training/training-process.ts';
import { rewardFolders, type StageInputs } from '../made.ts';
import type { RoundContext } from '../round-context.ts';

/** What a recipe makes its command of. */
export interface StageWork<Stage extends StageSpec = StageSpec> {
  context: RoundContext;
  stage: Stage;
  outDir: string;
  /** Folders of what the stage takes, absolute. */
  policyDir: string;
  referenceDir: string | undefined;
  samplerDir: string | undefined;
  rewards: { dir: string; weight: number }[];
}

interface RecipeDefinition<Recipe extends RecipeName, Result> {
  recipe: Recipe;
  /** What the training process is told. */
  toCommand: (work: StageWork<StageOf<Recipe>>) => TrainingCommand | Promise<TrainingCommand>;
  /** What it answers; kept with the checkpoint. A figure that is not a number is left out there. */
  result: z.ZodType<Result>;
  /** `stages` are all of the round. */
  toReport: (result: Result, stage: StageOf<Recipe>, stages: readonly StageSpec[]) => StageReport;
  /** A sentence for the round's log. */
  describe: (result: Result, stage: StageOf<Recipe>) => string;
}

/** A recipe as a round sees it, whichever it is. */
export interface Recipe {
  train(work: StageWork, listeners: TrainingListeners): Promise<Prisma.InputJsonObject>;
  read(
    stage: StageSpec,
    metrics: unknown,
    stages: readonly StageSpec[],
  ): { report: StageReport; sentence: string };
}

export function defineRecipe<Name extends RecipeName, Result>(
  definition: RecipeDefinition<Name, Result>,
): Recipe {
  const narrow = (stage: StageSpec): StageOf<Name> => {
    if (!isOf(stage, definition.recipe)) throw new Error(`"${stage.name}" is not of ${definition.recipe}.`);
    return stage;
  };
  return {
    async train(work, listeners) {
      const command = await definition.toCommand({ ...work, stage: narrow(work.stage) });
      const metrics = toJson(await work.context.training.run(command, z.unknown(), listeners));
      // Before anything is kept: what cannot be read now could not be later.
      definition.result.parse(metrics);
      return metrics;
    },
    read(stage, metrics, stages) {
      const own = narrow(stage);
      const result = definition.result.parse(metrics);
      return { report: definition.toReport(result, own, stages), sentence: definition.describe(result, own) };
    },
  };
}

function isOf<Name extends RecipeName>(stage: StageSpec, recipe: Name): stage is StageOf<Name> {
  return stage.recipe === recipe;
}

export function toWork(
  context: RoundContext,
  stage: StageSpec,
  inputs: StageInputs,
  outDir: string,
): StageWork {
  const folderOf = (checkpoint: Checkpoint) => join(context.dataDir, checkpoint.folder);
  return {
    context,
    stage,
    outDir,
    policyDir: folderOf(inputs.policy),
    referenceDir: inputs.reference ? folderOf(inputs.reference) : undefined,
    samplerDir: inputs.sampler ? folderOf(inputs.sampler) : undefined,
    rewards: rewardFolders(context, inputs.rewards),
  };
}

const JsonObject = z.record(z.string(), z.json());

/** A JSON column holds no NaN: such a figure is left out. */
function toJson(result: unknown): Prisma.InputJsonObject {
  const text = JSON.stringify(result, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? undefined : value,
  );
  return JsonObject.parse(JSON.parse(text));
}
