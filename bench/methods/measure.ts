// What a policy is like beside the base, on held-out prompts: by the hidden gold, by the reward model, in nats.

import type { WorldPrompt } from '@rankloop/demo';
import {
  CausalLm,
  evaluateLanguageModel,
  loadRewardSource,
  sampleFromFolder,
  Tokenizer,
  winRate,
  type SampledCompletion,
} from '@rankloop/rl';
import { z } from 'zod';
import type { Scene } from './scene.ts';

const BATCH = 32;

/** Means over the held-out prompts, one output of each policy for each. */
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

export async function measurePolicy(scene: Scene, policyDir: string): Promise<PolicyFigures> {
  const { world, baseDir, seed, size } = scene;
  const prompts = world.prompts.heldOut.slice(0, size.evaluation);
  const base = await writeOnce(scene, baseDir, prompts, seed * 1000 + 11);
  const own = await writeOnce(scene, policyDir, prompts, seed * 1000 + 12);
  const goldOf = (samples: readonly SampledCompletion[]) =>
    prompts.map(({ text }, i) => world.score(text, samples[i]?.text ?? ''));
  const [baseGold, gold] = [goldOf(base), goldOf(own)];
  const rewards = await loadRewardSource(scene.rewardDir.true);
  const proxyOf = async (samples: readonly SampledCompletion[]) =>
    rewards.score(prompts.map((prompt, i) => ({ prompt, completion: samples[i]?.text ?? '' })));
  const [baseProxy, proxy] = [await proxyOf(base), await proxyOf(own)];
  rewards.dispose();
  const parts = (part: 'helpful' | 'harmless') => gold.flatMap((scores) => scores[part] ?? []);
  const wins = (ours: readonly number[], theirs: readonly number[]) => 100 * winRate(ours, theirs).value;
  const [golds, baseGolds] = [gold, baseGold].map((scores) => scores.map((score) => score.gold));
  return {
    goldWin: wins(golds ?? [], baseGolds ?? []),
    proxyWin: wins(proxy, baseProxy),
    gold: mean(golds ?? []),
    baseGold: mean(baseGolds ?? []),
    proxy: mean(proxy),
    words: mean(own.map(({ text }) => text.match(/[a-z]+/g)?.length ?? 0)),
    ...(await likelihoods(scene, policyDir, prompts, own)),
    ...(parts('helpful').length > 0 && {
      helpful: mean(parts('helpful')),
      harmless: mean(parts('harmless')),
    }),
  };
}

async function writeOnce(
  { sampling }: Pick<Scene, 'sampling'>,
  modelDir: string,
  prompts: readonly WorldPrompt[],
  seed: number,
): Promise<SampledCompletion[]> {
  return sampleFromFolder({ modelDir, prompts, k: 1, config: sampling, seed });
}

/** KL on the policy's own outputs, and what it lost of the notes. */
async function likelihoods(
  { baseDir, notes }: Pick<Scene, 'baseDir' | 'notes'>,
  policyDir: string,
  prompts: readonly WorldPrompt[],
  samples: readonly SampledCompletion[],
): Promise<Pick<PolicyFigures, 'kl' | 'forgotten'>> {
  const tokenizer = await Tokenizer.fromFolder(baseDir);
  const losses = async (modelDir: string) => {
    const model = await CausalLm.fromFolder(modelDir);
    try {
      const { eosTokenId } = model.config;
      const outputs = prompts.map(({ text }, i) => {
        const prompt = tokenizer.encode(text);
        const sample = samples[i];
        const end = sample?.finished === 'eos' && eosTokenId !== undefined ? [eosTokenId] : [];
        return { ids: [...prompt, ...(sample?.tokenIds ?? []), ...end], start: prompt.length };
      });
      const tokens = outputs.reduce((sum, { ids, start }) => sum + ids.length - start, 0);
      const loss = (examples: Parameters<typeof evaluateLanguageModel>[0]['examples']) =>
        evaluateLanguageModel({ model, tokenizer, examples, batchSize: BATCH });
      return { ofOutput: (loss(outputs) * tokens) / outputs.length, ofNotes: loss(notes.heldOut) };
    } finally {
      model.dispose();
    }
  };
  const [own, base] = [await losses(policyDir), await losses(baseDir)];
  return { kl: base.ofOutput - own.ofOutput, forgotten: own.ofNotes - base.ofNotes };
}
