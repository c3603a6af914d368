// One whole turn of the loop without a server: sample, rank, learn, improve, measure by the hidden gold.

import { join } from 'node:path';
import type { PpoConfig, RewardConfig, RoundConfig } from '@rankloop/contracts';
import {
  countDistinct,
  createRandom,
  demoPrompts,
  goldScore,
  simulatedLabelerSeeds,
  simulateRanking,
} from '@rankloop/demo';
import type { DemoPrompt } from '@rankloop/demo';
import { runPpo, sampleFromFolder, splitByPrompt, trainRewardModel, winRate } from '@rankloop/rl';
import type { Interval, PreferenceExample, PreferenceJudgement, RewardReport } from '@rankloop/rl';

/** `shuffled`: the same rankings with their ranks dealt out at random within each task. */
export type LabelKind = 'simulated' | 'shuffled';

/** A round of a reward model and PPO. */
export type LoopSettings = Omit<RoundConfig, 'stages'> & { reward: RewardConfig; ppo: PpoConfig };

export interface LoopOptions {
  baseDir: string;
  workDir: string;
  seed: number;
  labels: LabelKind;
  config: LoopSettings;
  taskCount: number;
  labelersPerTask: number;
  heldOutCount: number;
  log: (line: string) => void;
}

export interface Phase {
  name: string;
  wallSeconds: number;
  cpuSeconds: number;
}

export interface LoopResult {
  seed: number;
  labels: LabelKind;
  goldWinRate: Interval;
  baseGold: number;
  newGold: number;
  /** Different outputs among the held-out prompts' with the item's name masked. */
  baseDistinct: number;
  newDistinct: number;
  reward: RewardReport;
  ppoFinal: Record<string, number>;
  phases: Phase[];
  samples: { prompt: string; base: string; new: string }[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

export async function runLoop(options: LoopOptions): Promise<LoopResult> {
  const { config, seed, workDir } = options;
  const phases: Phase[] = [];
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    const result = await work();
    const { user, system } = process.cpuUsage(cpu);
    const phase = { name, wallSeconds: (performance.now() - wall) / 1000, cpuSeconds: (user + system) / 1e6 };
    phases.push(phase);
    options.log(`${name}: ${phase.wallSeconds.toFixed(1)} s, ${phase.cpuSeconds.toFixed(1)} s CPU`);
    return result;
  };
  const [rewardDir, policyDir] = [join(workDir, 'reward'), join(workDir, 'policy')];
  const tasks = await timed('sample tasks', () =>
    sampleTasks(options.baseDir, demoPrompts.training.slice(0, options.taskCount), options),
  );
  const { train, heldOut } = splitByPrompt(judgeTasks(tasks, options), {
    heldOutFraction: config.reward.heldOutFraction,
    seed,
  });
  const reward = await timed('train reward model', () =>
    trainRewardModel({
      base: options.baseDir,
      outDir: rewardDir,
      examples: train,
      heldOut,
      config: config.reward,
      sampling: config.sampling,
      seed,
    }),
  );
  const ppo = await timed('ppo', () =>
    runPpo({
      policyDir: options.baseDir,
      rewardDir,
      outDir: policyDir,
      prompts: demoPrompts.training.map(({ id, text }) => ({ id, text })),
      config: config.ppo,
      seed,
      onMetrics: (step, total, values) => {
        if (step % 5 === 0 || step === total - 1) options.log(describeStep(step, total, values));
      },
    }),
  );
  await timed('sample new tasks', () =>
    sampleTasks(policyDir, demoPrompts.training.slice(0, config.newTasks), options),
  );
  const evaluation = await timed('evaluate', () => comparePolicies(options.baseDir, policyDir, options));
  const result = { seed, labels: options.labels, ...evaluation, reward, ppoFinal: ppo.final, phases };
  options.log(describeResult(result));
  return result;
}

interface Task {
  prompt: DemoPrompt;
  outputs: string[];
}

async function sampleTasks(
  modelDir: string,
  prompts: readonly DemoPrompt[],
  { config, seed }: Pick<LoopOptions, 'config' | 'seed'>,
): Promise<Task[]> {
  const samples = await sampleFromFolder({
    modelDir,
    prompts: prompts.map(({ id, text }) => ({ id, text })),
    k: config.outputsPerTask,
    config: config.sampling,
    seed: seed * 1000 + 1,
  });
  const outputsOf = new Map<string, string[]>();
  for (const { promptId, text } of samples)
    outputsOf.set(promptId, [...(outputsOf.get(promptId) ?? []), text]);
  return prompts.map((prompt) => ({ prompt, outputs: outputsOf.get(prompt.id) ?? [] }));
}

function judgeTasks(tasks: readonly Task[], options: LoopOptions): PreferenceExample[] {
  const random = createRandom(options.seed);
  return tasks.map(({ prompt, outputs }) => {
    const judgements: PreferenceJudgement[] = [];
    for (const labelerSeed of random.shuffle(simulatedLabelerSeeds).slice(0, options.labelersPerTask)) {
      const ranking = simulateRanking({ prompt: prompt.text, outputs, labelerSeed });
      if (ranking.outcome !== 'ok') continue;
      const ranks = options.labels === 'shuffled' ? random.shuffle(ranking.ranks) : ranking.ranks;
      judgements.push({ id: `${prompt.id}-${labelerSeed}`, ranks, weight: 1 });
    }
    return { promptId: prompt.id, promptText: prompt.text, completions: outputs, judgements };
  });
}

type Comparison = Pick<
  LoopResult,
  'goldWinRate' | 'baseGold' | 'newGold' | 'baseDistinct' | 'newDistinct' | 'samples'
>;

/** Both models write once to each held-out prompt, with seeds of their own, at the fixed temperature. */
export async function comparePolicies(
  baseDir: string,
  newDir: string,
  options: Pick<LoopOptions, 'config' | 'seed' | 'heldOutCount'>,
): Promise<Comparison> {
  const prompts = demoPrompts.heldOut.slice(0, options.heldOutCount);
  const write = async (modelDir: string, seed: number): Promise<string[]> => {
    const samples = await sampleFromFolder({
      modelDir,
      prompts: prompts.map(({ id, text }) => ({ id, text })),
      k: 1,
      config: options.config.sampling,
      seed,
    });
    return samples.map(({ text }) => text);
  };
  const base = await write(baseDir, options.seed * 1000 + 2);
  const next = await write(newDir, options.seed * 1000 + 3);
  const goldOf = (texts: readonly string[]): number[] =>
    prompts.map(({ text }, index) => goldScore(text, texts[index] ?? ''));
  const [baseGold, newGold] = [goldOf(base), goldOf(next)];
  return {
    goldWinRate: winRate(newGold, baseGold, { seed: options.seed }),
    baseGold: mean(baseGold),
    newGold: mean(newGold),
    baseDistinct: countDistinct(prompts, base),
    newDistinct: countDistinct(prompts, next),
    samples: prompts
      .slice(0, 12)
      .map(({ text }, index) => ({ prompt: text, base: base[index] ?? '', new: next[index] ?? '' })),
  };
}

function describeStep(step: number, total: number, values: Record<string, number>): string {
  const shown = [
    'objective/scores',
    'objective/kl',
    'objective/entropy',
    'loss/value_avg',
    'policy/clipfrac_avg',
  ];
  const figures = shown.map((name) => `${name} ${(values[name] ?? Number.NaN).toFixed(3)}`);
  return `  ${step + 1}/${total} ${figures.join('  ')}`;
}

function describeResult({
  goldWinRate,
  baseGold,
  newGold,
  baseDistinct,
  newDistinct,
  ppoFinal,
}: LoopResult): string {
  const percent = (share: number): string => (100 * share).toFixed(1);
  const { value, low, high } = goldWinRate;
  const kl = (ppoFinal['objective/kl'] ?? Number.NaN).toFixed(2);
  return (
    `win rate ${percent(value)} % [${percent(low)}, ${percent(high)}], gold ${percent(baseGold)} -> ` +
    `${percent(newGold)} %, distinct ${baseDistinct} -> ${newDistinct}, KL ${kl} nats`
  );
}
