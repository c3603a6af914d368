import type { EngineName } from '@rankloop/rl';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PythonModule } from './python.ts';
import { GENERATION, GPT2_LAYER, SMALL, type StepShape, TRAINER } from './shapes.ts';
import { settingsOf } from './settings.ts';
import { measureIn, type Speed } from './side.ts';
import type { TinyModels } from './tiny-model.ts';

/** Speed of ours over speed of another system at the same work. */
export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly figure: string;
  readonly ours: () => Promise<Speed>;
  readonly rival: Rival;
  /** What the lower bound of the ratio must reach. */
  readonly bar: number;
  /** Of each side. The closer the bar, the more it takes to tell. */
  readonly runs: number;
}

export interface Rival {
  readonly name: string;
  /** Tokens per second on two cores of the reference machine; null where it was not recorded. */
  readonly recorded: number | null;
  /** Null where it is never measured here. */
  readonly measure: {
    readonly needs: PythonModule;
    readonly with: (python: string) => Promise<Speed>;
  } | null;
}

interface RowOptions {
  readonly engine: EngineName;
  readonly models: TinyModels;
  /** An existing folder for what trainers write. */
  readonly scratchDir: string;
  readonly isQuick: boolean;
}

const ROOT = path.join(import.meta.dirname, '../..');
const OUR_SIDE = fileURLToPath(new URL('./our-side.ts', import.meta.url));
const OUR_STEP = path.join(ROOT, 'packages/rl/scripts/measure-step.ts');
const tool = (name: string) => path.join(ROOT, 'tools', name);
const TYPESCRIPT = ['--import', 'tsx'];
const ourStep = (engine: EngineName, sizes: object) =>
  measureIn(process.execPath, [...TYPESCRIPT, OUR_STEP, '--engine', engine], sizes, settingsOf(engine));
const ourSide = (args: readonly string[], sizes: object) =>
  measureIn(process.execPath, [...TYPESCRIPT, OUR_SIDE, ...args], sizes);

export function speedRows(options: RowOptions): Row[] {
  const rows = [
    stepRow('step', 'training step, d 128 x 4', SMALL, options, {
      steps: 20,
      runs: 9,
      bar: 1,
      recorded: 21_000,
    }),
    stepRow('step-gpt2', 'training step, d 768 x 1', GPT2_LAYER, options, {
      steps: 10,
      runs: 5,
      bar: 0.95,
      recorded: null,
    }),
    trainerRow('reward', 'reward-model training', options, {
      steps: 16,
      runs: 5,
      bar: 1.3,
      recorded: 15_500,
    }),
    trainerRow('dpo', 'DPO', options, { steps: 8, runs: 5, bar: 1.6, recorded: 9_400 }),
    trainerRow('ppo', 'PPO iteration', options, { steps: 12, runs: 9, bar: 3, recorded: 1_100 }),
    generationRow('generation', 'hand', {
      rival: 'hand-written loop',
      needs: 'torch',
      steps: 4,
      runs: 5,
      bar: 0.6,
      recorded: 17_000,
    }),
    generationRow('generation-transformers', 'transformers', {
      rival: 'transformers generate',
      needs: 'transformers',
      steps: 4,
      runs: 5,
      bar: 2,
      recorded: 4_000,
    }),
    {
      name: 'wasm',
      figure: 'training step, d 128 x 4',
      ours: () => ourStep('wasm', { ...SMALL, steps: 3 }),
      rival: { name: 'TF.js with its own gradients', recorded: 246, measure: null },
      bar: 4.5,
      runs: 3,
    },
  ];
  return options.isQuick ? rows.map((row) => ({ ...row, runs: 2 })) : rows;
}

/** Steps in a run, runs of each side, and what is expected of them. */
interface Effort {
  readonly steps: number;
  readonly runs: number;
  readonly bar: number;
  readonly recorded: number | null;
}

function stepRow(
  name: string,
  figure: string,
  shape: StepShape,
  { engine }: RowOptions,
  { steps, runs, bar, recorded }: Effort,
): Row {
  const sizes = { ...shape, steps };
  return {
    name,
    figure,
    ours: () => ourStep(engine, sizes),
    rival: {
      name: 'PyTorch',
      recorded,
      measure: {
        needs: 'torch',
        with: (python) => measureIn(python, [tool('measure-torch.py')], sizes),
      },
    },
    bar,
    runs,
  };
}

function trainerRow(
  name: 'reward' | 'dpo' | 'ppo',
  figure: string,
  { models, scratchDir }: RowOptions,
  { steps, runs, bar, recorded }: Effort,
): Row {
  const sizes = { ...TRAINER, steps };
  const dirs = ['--policy', models.policyDir, '--reward', models.rewardDir];
  return {
    name,
    figure,
    ours: () => {
      const out = path.join(mkdtempSync(path.join(scratchDir, `${name}-`)), 'model');
      return ourSide(['--measure', name, ...dirs, '--out', out], sizes);
    },
    rival: {
      name: 'TRL',
      recorded,
      measure: {
        needs: name === 'ppo' ? 'trl.experimental.ppo' : 'trl',
        with: (python) =>
          measureIn(python, [tool('measure-trl.py'), '--method', name, '--model', models.policyDir], sizes),
      },
    },
    bar,
    runs,
  };
}

function generationRow(
  name: string,
  loop: 'hand' | 'transformers',
  { rival, needs, steps, runs, bar, recorded }: Effort & { rival: string; needs: PythonModule },
): Row {
  return {
    name,
    figure: `generation, ${String(GENERATION.batch)} x ${String(GENERATION.output)} tokens`,
    ours: () => ourSide(['--measure', 'generation'], { steps }),
    rival: {
      name: rival,
      recorded,
      measure: {
        needs,
        with: (python) =>
          measureIn(python, [tool('measure-generation.py'), '--loop', loop], { ...GENERATION, steps }),
      },
    },
    bar,
    runs,
  };
}
