import { CausalLm, evaluateLanguageModel, trainLanguageModel, useEngine } from '@rankloop/rl';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { characterTokenizer, consecutiveWindows, randomWindows, readText } from './char-gpt/windows.ts';
import { atMost } from './lib/bar.ts';
import { startReport } from './lib/report.ts';

/**
 * A character model on Shakespeare: the size that nanoGPT trains on a processor, where it ends at a validation loss of
 * 1.88 nats per character. Whether ours gets there too tests the whole of training at once: model, gradients,
 * optimiser and schedule.
 *
 * `--data FILE` names the text (plain or gzip); `--steps N` makes it shorter, and its bar is then judged by nobody.
 */
const SIZES = { nLayer: 4, nHead: 4, nEmbd: 128 };
const CONTEXT = 64;
const BATCH = 12;
const STEPS = 2000;
const TRAIN_SHARE = 0.9;
/** nanoGPT's recipe for this size, without its small final rate. */
const RECIPE = { learningRate: 1e-3, warmupSteps: 100, weightDecay: 0.1, maxGradNorm: 1, seed: 1337 };
const BAR = 1.95;
const NANO_GPT = { name: 'nanoGPT', value: 1.88, source: 'recorded' as const };

const file = option('--data') ?? path.resolve('..', 'shared', 'data', 'tinyshakespeare.txt.gz');
const steps = Number(option('--steps') ?? STEPS);

if (!existsSync(file)) {
  console.error(`There is no text at ${file}: name one with --data FILE (tiny Shakespeare, plain or gzip).`);
  process.exitCode = 1;
} else await run(readText(file));

async function run(text: string): Promise<void> {
  const report = startReport({ name: 'char-gpt' });
  const engine = await useEngine();
  const tokenizer = characterTokenizer(text);
  const cut = Math.floor(TRAIN_SHARE * text.length);
  const examples = randomWindows(text.slice(0, cut), {
    count: steps * BATCH,
    length: CONTEXT + 1,
    seed: RECIPE.seed,
  });
  const heldOut = consecutiveWindows(text.slice(cut), CONTEXT + 1);
  // One position more than the context: a window's last character is only ever a target.
  const config = { ...SIZES, vocabSize: new Set(text).size, nPositions: CONTEXT + 1, layerNormEpsilon: 1e-5 };
  const model = CausalLm.random({ modelType: 'gpt2', ...config }, RECIPE.seed);

  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  await trainLanguageModel({
    ...RECIPE,
    model,
    tokenizer,
    examples,
    steps,
    batchSize: BATCH,
    onMetrics: (step, total, { loss }) => {
      if (step % 100 === 0) console.error(`step ${step} of ${total}: loss ${loss?.toFixed(3) ?? ''}`);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const loss = evaluateLanguageModel({ model, tokenizer, examples: heldOut, batchSize: 64 });
  model.dispose();

  const tokens = steps * BATCH * CONTEXT;
  report.add({
    figure: `validation loss after ${steps.toLocaleString('en')} steps, ${engine.name}`,
    unit: 'nats per character',
    value: loss,
    ...(steps >= STEPS && { bar: atMost(BAR), rival: NANO_GPT }),
  });
  report.add({ figure: 'training', unit: 's', value: seconds });
  report.add({ figure: 'training speed', unit: 'tokens/s', value: tokens / seconds });
  report.add({
    figure: 'training speed per processor second',
    unit: 'tokens/s',
    value: (1e6 * tokens) / (user + system),
  });
  report.finish();
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}
