import { MEASURED_TOKENS, type MachineSpeed, type PromptText } from '@rankloop/core';
import { SamplingConfig, SftConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { SampleResult } from '../training/messages.ts';
import type { TrainingProcess } from '../training/training-process.ts';

export interface MeasureSpeedOptions {
  training: Pick<TrainingProcess, 'run'>;
  /** Until it was ready to compute. */
  startSeconds: number;
  modelDir: string;
  /** A fresh folder, for a model that nobody needs. */
  outDir: string;
  /** Of the project, at least one. */
  prompts: readonly PromptText[];
  now?: () => number;
}

const SMALL = { prompts: 4, maxNewTokens: 4 };
const OUTPUTS = 64;
/** As many as a minibatch of most recipes has: a small model takes nearly as long for a quarter of them. */
const BATCH = 64;
const EPOCHS = 4;

/**
 * Draws some outputs and learns them, as rounds do. What a command takes before its first token comes from a small one,
 * done once before to warm the engine up; what a token takes from a larger one and from the time between two steps.
 */
export async function measureSpeed(options: MeasureSpeedOptions): Promise<MachineSpeed> {
  const { training, startSeconds, modelDir, outDir, prompts, now = () => performance.now() } = options;
  const draw = async (count: number, maxNewTokens: number) => {
    const config = SamplingConfig.parse({ maxNewTokens });
    const some = Array.from({ length: count }, (_, i) => prompts[i % prompts.length]).filter(
      (prompt) => prompt !== undefined,
    );
    const started = now();
    const drawn = await training.run(
      // Ids of their own: the same prompt may be there more than once.
      {
        kind: 'sample',
        modelDir,
        prompts: some.map((one, i) => ({ ...one, id: String(i) })),
        k: 1,
        config,
        seed: 1,
      },
      SampleResult,
    );
    const tokens = drawn.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
    return { some, drawn, tokens, seconds: (now() - started) / 1000 };
  };
  await draw(SMALL.prompts, SMALL.maxNewTokens);
  const small = await draw(SMALL.prompts, SMALL.maxNewTokens);
  const large = await draw(OUTPUTS, MEASURED_TOKENS);
  const drawTokenSeconds =
    Math.max(0, large.seconds - small.seconds) / Math.max(1, large.tokens - small.tokens);

  const outputTokens = large.tokens / large.drawn.length;
  const outputCharacters = large.drawn.reduce((sum, { text }) => sum + text.length, 0);
  const promptCharacters = large.some.reduce((sum, { text }) => sum + text.length, 0);
  // Nobody counts the tokens of a prompt for us: they are taken to be as long as those of the outputs.
  const promptTokens =
    ((promptCharacters / large.some.length) * large.tokens) / Math.max(1, outputCharacters);

  const stepEnds: number[] = [];
  await training.run(
    {
      kind: 'sft',
      policyDir: modelDir,
      outDir,
      seed: 1,
      examples: large.drawn.map(({ text }, i) => ({
        promptText: large.some[i]?.text ?? '',
        conversation: large.some[i]?.conversation,
        output: text,
        weight: 1,
        source: 'chosen' as const,
      })),
      heldOut: [],
      config: SftConfig.parse({ chosen: true, epochs: EPOCHS, batchSize: BATCH }),
    },
    z.unknown(),
    { onMetrics: () => stepEnds.push(now()) },
  );
  // The first step has compiled what the others use.
  const steps = stepEnds.slice(1).map((end, i) => (end - (stepEnds[i] ?? end)) / 1000);
  const learnTokenSeconds = median(steps) / (BATCH * (promptTokens + outputTokens));
  return {
    startSeconds,
    commandSeconds: small.seconds,
    drawTokenSeconds,
    learnTokenSeconds,
    promptTokens,
    outputTokens,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
