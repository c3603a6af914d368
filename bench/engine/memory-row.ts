import type { EngineName } from '@rankloop/rl';
import path from 'node:path';
import { z } from 'zod';
import { atMost } from '../lib/bar.ts';
import type { Report } from '../lib/report.ts';
import { lastLine } from './side.ts';
import type { TinyModels } from './tiny-model.ts';

const STEPS = 2000;
/** Two pairs of 32 tokens: a leak is one of steps, not of sizes. */
const SIZES = { batch: 2, prompt: 16, output: 16 };
/** What the heap of JavaScript moves by is about half of this. */
const MAX_GROWTH_MIB = 16;

const Growth = z.object({
  growthMiB: z.number(),
  residentMiB: z.number(),
  tensors: z.number(),
  nativeHandles: z.number(),
});

interface MemoryOptions {
  readonly report: Report;
  readonly engine: EngineName;
  readonly models: TinyModels;
  readonly scratchDir: string;
  readonly isQuick: boolean;
}

/** What many recorded steps leave behind. Only TensorFlow records steps; on other engines nothing is reported. */
export async function reportMemory(options: MemoryOptions): Promise<void> {
  const { report, engine, models, scratchDir, isQuick } = options;
  if (engine !== 'native' && engine !== 'gpu') {
    console.error(`memory: the engine ${engine} records no steps.`);
    return;
  }
  const steps = isQuick ? 200 : STEPS;
  const script = path.join(import.meta.dirname, 'our-side.ts');
  const dirs = ['--policy', models.policyDir, '--out', path.join(scratchDir, 'memory')];
  const command = ['--import', 'tsx', script, '--measure', 'memory', ...dirs];
  const line = await lastLine(process.execPath, command, { ...SIZES, steps });
  const growth = Growth.parse(JSON.parse(line));
  const over = `over ${String(steps)} recorded steps`;
  report.add({ figure: 'resident memory of training', unit: 'MiB', value: growth.residentMiB });
  report.add({
    figure: `its growth ${over}`,
    unit: 'MiB',
    value: growth.growthMiB,
    bar: atMost(MAX_GROWTH_MIB),
  });
  report.add({ figure: `change of live tensors ${over}`, unit: '', value: growth.tensors, bar: atMost(0) });
  report.add({
    figure: `change of native handles ${over}`,
    unit: '',
    value: growth.nativeHandles,
    bar: atMost(0),
  });
}
