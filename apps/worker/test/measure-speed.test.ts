import { expect, test } from 'vitest';
import { measureSpeed } from '../src/speed/measure-speed.ts';
import type { TrainingProcess } from '../src/training/training-process.ts';

const COST = { command: 0.4, draw: 0.002, learnStep: 0.7 };
/** Outputs end by themselves after so many tokens, of two letters each. */
const LENGTH = 20;

/** A machine whose every cost is known, with a clock of its own; it is slow at its very first command and step. */
function machine() {
  let seconds = 0;
  let commands = 0;
  const run: TrainingProcess['run'] = async (command, result, listeners) => {
    seconds += COST.command + (commands++ === 0 ? 5 : 0);
    if (command.kind === 'sample') {
      const drawn = command.prompts.map(({ id }) => {
        const tokens = Math.min(LENGTH, command.config.maxNewTokens);
        seconds += tokens * COST.draw;
        return {
          promptId: id,
          index: 0,
          text: 'ab'.repeat(tokens),
          tokenIds: Array.from({ length: tokens }, () => 1),
          logProbs: [],
          finished: 'eos',
        };
      });
      return result.parse(await Promise.resolve(drawn));
    }
    if (command.kind !== 'sft') throw new Error('Only drawing and learning is measured.');
    const steps = (command.config.epochs * command.examples.length) / command.config.batchSize;
    for (let step = 1; step <= steps; step++) {
      seconds += COST.learnStep + (step === 1 ? 3 : 0);
      listeners?.onMetrics?.(step, steps, {});
    }
    return result.parse(undefined);
  };
  return { training: { run }, now: () => 1000 * seconds };
}

test('what drawing, learning and a command cost is found, without what the first ones take longer', async () => {
  const prompt = { id: 'p', text: 'x'.repeat(60), conversation: [] };
  const speed = await measureSpeed({
    ...machine(),
    startSeconds: 3,
    modelDir: 'model',
    outDir: 'out',
    prompts: [prompt],
  });
  expect(speed).toMatchObject({ startSeconds: 3, outputTokens: LENGTH, promptTokens: 30 });
  expect(speed.drawTokenSeconds).toBeCloseTo(COST.draw, 6);
  expect(speed.commandSeconds).toBeCloseTo(COST.command + 16 * COST.draw, 6);
  expect(speed.learnTokenSeconds).toBeCloseTo(COST.learnStep / (64 * (30 + LENGTH)), 6);
});
