import { CausalLm, Random, sampleCompletions, useEngine } from '@rankloop/rl';
import { availableParallelism } from 'node:os';
import { lowerBoundOfRatio } from './engine/ratio.ts';
import { findTorch, measureOurs, measureTorch, type StepShape } from './engine/step-speed.ts';
import { alternate } from './lib/alternate.ts';
import { atLeast } from './lib/bar.ts';
import { type Report, startReport } from './lib/report.ts';
import { median } from './lib/statistics.ts';

/**
 * Speed of the numeric engine: training steps against PyTorch on the same cores, the portable engine against stock
 * TF.js gradients, and generation. PyTorch's side is measured in alternation where PYTHON_WITH_TORCH (or python3) has
 * it, else its recorded figure stands in. `--quick` is a short look.
 */
const isQuick = process.argv.includes('--quick');
const RUNS = isQuick ? 2 : 9;
const STEPS = isQuick ? 5 : 20;

const SMALL: StepShape = { layers: 4, width: 128, heads: 4, vocabulary: 256, batch: 16, length: 64 };
const GPT2_LAYER: StepShape = { layers: 1, width: 768, heads: 12, vocabulary: 256, batch: 4, length: 256 };
/** On two cores of the reference machine, tokens per second. */
const RECORDED = { torchSmall: 21_000, stockGradients: 246, torchGeneration: 17_000 };

const report = startReport({ name: 'engine' });
const { name: engine } = await useEngine();
const oneDnn = process.env['TF_ENABLE_ONEDNN_OPTS'] ?? 'default';
console.error(`engine ${engine}, oneDNN ${oneDnn}, ${String(availableParallelism())} cores`);
const torch = await findTorch();
await measureAgainstTorch(report, `training step, d 128 x 4, ${engine}`, SMALL, 1, RECORDED.torchSmall);
await measureAgainstTorch(report, `training step, d 768 x 1, ${engine}`, GPT2_LAYER, 0.95, null);
await measureGeneration(report);
await measureWasm(report);
report.finish();

async function measureAgainstTorch(
  report: Report,
  figure: string,
  shape: StepShape,
  bar: number,
  recorded: number | null,
): Promise<void> {
  const ours = () => measureOurs(engine, shape, STEPS);
  if (torch === null) {
    const values: number[] = [];
    for (let run = 0; run < RUNS; run++) values.push(await ours());
    const rival = recorded === null ? {} : { rival: torchRival(recorded, 'recorded') };
    report.add({ figure, unit: 'tokens/s', value: values, ...rival });
  } else {
    const both = await alternate({ ours, rival: () => measureTorch(torch, shape, STEPS), runs: RUNS });
    const rival = torchRival(median(both.rival), 'measured');
    report.add({ figure, unit: 'tokens/s', value: both.ours, rival });
    report.add({
      figure: `${figure}, against PyTorch, lower bound`,
      unit: 'x',
      value: lowerBoundOfRatio(both.ours, both.rival),
      bar: atLeast(bar),
    });
  }
}

function torchRival(value: number, source: 'measured' | 'recorded') {
  return { name: 'PyTorch', value, source };
}

/** 16 prompts of 16 tokens, 64 new ones each, at temperature 1. */
async function measureGeneration(report: Report): Promise<void> {
  const [rows, newTokens, vocabSize] = [16, 64, 256];
  const sizes = { nLayer: 4, nHead: 4, nEmbd: 128, nPositions: 128, vocabSize, layerNormEpsilon: 1e-5 };
  const model = CausalLm.random({ modelType: 'gpt2', ...sizes }, 1);
  const random = new Random(1);
  const promptIds = Array.from({ length: rows }, () =>
    Array.from({ length: 16 }, () => random.below(vocabSize)),
  );
  const speeds: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    await sampleCompletions({ model, promptIds, maxNewTokens: newTokens, temperature: 1, seed: run });
    if (run > 0) speeds.push((1000 * rows * newTokens) / (performance.now() - started));
  }
  model.dispose();
  const rival = {
    name: 'PyTorch, hand-written loop',
    value: RECORDED.torchGeneration,
    source: 'recorded',
  } as const;
  report.add({
    figure: 'generation, 16 x 64 tokens',
    unit: 'tokens/s',
    value: speeds,
    bar: atLeast(0.6 * rival.value),
    rival,
  });
}

/** The engine that runs anywhere, against TF.js's own gradient of the matrix product. */
async function measureWasm(report: Report): Promise<void> {
  const speeds: number[] = [];
  for (let run = 0; run < Math.min(RUNS, 5); run++) speeds.push(await measureOurs('wasm', SMALL, 3));
  const rival = {
    name: 'TF.js with its own gradients',
    value: RECORDED.stockGradients,
    source: 'recorded',
  } as const;
  report.add({
    figure: 'training step, d 128 x 4, wasm',
    unit: 'tokens/s',
    value: speeds,
    bar: atLeast(4.5 * rival.value),
    rival,
  });
}
