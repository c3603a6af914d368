// What a policy is like beside the base, on held-out prompts: by the hidden gold, by the reward model, in nats.

import type { SamplingConfig } from '@rankloop/contracts';
import type { SmallWorld, WorldText } from '@rankloop/demo';
import {
  CausalLm,
  evaluateLanguageModel,
  loadRewardSource,
  sampleFromFolder,
  Tokenizer,
  winRate,
  type RewardText,
  type SampledCompletion,
} from '@rankloop/rl';
import { z } from 'zod';
import type { Arm } from './labels.ts';
import type { Size } from './sizes.ts';

const BATCH = 32;
/** So that base and policy write with draws of their own. */
const [BASE_DRAW, OWN_DRAW] = [11, 12];

/** Means over the outputs for the held-out prompts. */
export const PolicyFigures = z.object({
  /** How often the policy's output is better than the base's, in percent; ties count half. */
  goldWin: z.number(),
  proxyWin: z.number(),
  gold: z.number(),
  baseGold: z.number(),
  /** Score of the reward model of true labels; the base has about 0. */
  proxy: z.number(),
  /** Mean of log π - log base over the policy's own outputs, nats an output. */
  kl: z.number(),
  /** Mean words of an output. */
  words: z.number(),
  /** Loss on held-out notes, nats a token: the policy's less the base's. */
  forgotten: z.number(),
  helpful: z.number().optional(),
  harmless: z.number().optional(),
});
export type PolicyFigures = z.infer<typeof PolicyFigures>;

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** What the base wrote on the held-out prompts, which every policy is compared with: measured once per scene. */
export interface BaseMeasure {
  /** One per output, in the order of `heldOutTasks`. */
  gold: number[];
  proxy: number[];
  /** Loss on held-out notes, nats a token. */
  notesLoss: number;
}

/** What measuring needs of a scene. */
export interface Measured {
  world: SmallWorld;
  seed: number;
  size: Size;
  /** How every policy writes: at temperature 1, from all tokens. */
  sampling: SamplingConfig;
  baseDir: string;
  notes: { corpus: WorldText[]; heldOut: WorldText[] };
  /** A model trained on the arm's labels. */
  rewardDir: Record<Arm, string>;
}

export async function measureBase(scene: Measured): Promise<BaseMeasure> {
  const { baseDir, notes } = scene;
  const { texts } = await write(scene, baseDir, BASE_DRAW);
  const tokenizer = await Tokenizer.fromFolder(baseDir);
  return {
    gold: goldOf(scene, texts).map(({ gold }) => gold),
    proxy: await proxyOf(scene, texts),
    notesLoss: await withModel(baseDir, (model) => lossOf(model, tokenizer, notes.heldOut)),
  };
}

export async function measurePolicy(
  scene: Measured & { base: BaseMeasure },
  policyDir: string,
): Promise<PolicyFigures> {
  const { base } = scene;
  const { samples, texts } = await write(scene, policyDir, OWN_DRAW);
  const scores = goldOf(scene, texts);
  const gold = scores.map((score) => score.gold);
  const proxy = await proxyOf(scene, texts);
  const parts = (part: 'helpful' | 'harmless') => scores.flatMap((score) => score[part] ?? []);
  const wins = (ours: readonly number[], theirs: readonly number[]) => 100 * winRate(ours, theirs).value;
  return {
    goldWin: wins(gold, base.gold),
    proxyWin: wins(proxy, base.proxy),
    gold: mean(gold),
    baseGold: mean(base.gold),
    proxy: mean(proxy),
    words: mean(samples.map(({ text }) => text.match(/[a-z]+/g)?.length ?? 0)),
    ...(await likelihoods(scene, policyDir, samples)),
    ...(parts('helpful').length > 0 && {
      helpful: mean(parts('helpful')),
      harmless: mean(parts('harmless')),
    }),
  };
}

const goldOf = ({ world }: Measured, texts: readonly RewardText[]) =>
  texts.map(({ prompt, completion }) => world.score(prompt.text, completion));

async function proxyOf({ rewardDir }: Measured, texts: readonly RewardText[]): Promise<number[]> {
  const rewards = await loadRewardSource(rewardDir.true);
  try {
    return await rewards.score(texts);
  } finally {
    rewards.dispose();
  }
}

/** As many outputs for each held-out prompt as the size asks for. */
async function write(
  { world, size, seed, sampling }: Measured,
  modelDir: string,
  draw: number,
): Promise<{ samples: SampledCompletion[]; texts: RewardText[] }> {
  const { prompts: count, outputs } = size.evaluation;
  const prompts = world.prompts.heldOut.slice(0, count);
  const samples = await sampleFromFolder({
    modelDir,
    prompts,
    k: outputs,
    config: sampling,
    seed: seed * 1000 + draw,
  });
  const asked = prompts.flatMap((prompt) => Array.from({ length: outputs }, () => prompt));
  return { samples, texts: asked.map((prompt, i) => ({ prompt, completion: samples[i]?.text ?? '' })) };
}

/** KL on the policy's own outputs, and what it lost of the notes. */
async function likelihoods(
  scene: Measured & { base: BaseMeasure },
  policyDir: string,
  samples: readonly SampledCompletion[],
): Promise<Pick<PolicyFigures, 'kl' | 'forgotten'>> {
  const { baseDir, notes, base, world } = scene;
  const tokenizer = await Tokenizer.fromFolder(baseDir);
  const textOf = new Map(world.prompts.heldOut.map(({ id, text }) => [id, text]));
  const outputsOf = ({ config }: CausalLm) =>
    samples.map(({ promptId, tokenIds, finished }) => {
      const prompt = tokenizer.encode(textOf.get(promptId) ?? '');
      const end = finished === 'eos' && config.eosTokenId !== undefined ? [config.eosTokenId] : [];
      return { ids: [...prompt, ...tokenIds, ...end], start: prompt.length };
    });
  const lossPerOutput = (model: CausalLm) => {
    const outputs = outputsOf(model);
    const tokens = outputs.reduce((sum, { ids, start }) => sum + ids.length - start, 0);
    return (lossOf(model, tokenizer, outputs) * tokens) / outputs.length;
  };
  const own = await withModel(policyDir, (model) => ({
    outputs: lossPerOutput(model),
    notes: lossOf(model, tokenizer, notes.heldOut),
  }));
  const ofBase = await withModel(baseDir, lossPerOutput);
  return { kl: ofBase - own.outputs, forgotten: own.notes - base.notesLoss };
}

async function withModel<T>(dir: string, read: (model: CausalLm) => T): Promise<T> {
  const model = await CausalLm.fromFolder(dir);
  try {
    return read(model);
  } finally {
    model.dispose();
  }
}

/** Nats a token. */
const lossOf = (
  model: CausalLm,
  tokenizer: Tokenizer,
  examples: Parameters<typeof evaluateLanguageModel>[0]['examples'],
): number => evaluateLanguageModel({ model, tokenizer, examples, batchSize: BATCH });
