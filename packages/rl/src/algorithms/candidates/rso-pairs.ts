// Preference pairs from drawn outputs (Liu et al. 2024): candidates, rejection sampling, pairs, labels by reward.

import type { RsoConfig } from '@rankloop/contracts';
import { z } from 'zod';
import type { Random } from '../../engine/random.ts';
import { pairFirstRound, pairTournament } from '../../selection/pairing.ts';
import { expectedAcceptance, rejectionSample, uniqueByText } from '../../selection/rejection.ts';
import { RandomWords } from '../progress/parts.ts';
import { Figure, Figures, type Units } from '../progress/units.ts';
import type { OnMetrics, PreferenceExample, TrainingPrompt } from '../types.ts';
import { Candidate, chunksOf, drawCandidates, type PromptCandidates } from './draw.ts';
import { candidateMetrics, mean } from './statistics.ts';
import type { RsoCandidates } from './types.ts';
import type { Workshop } from './workshop.ts';

interface RsoPairs {
  /** One example per pair: the better output first. */
  examples: PreferenceExample[];
  report: RsoCandidates;
}

interface MakePairsOptions {
  units: Units;
  config: RsoConfig;
  prompts: readonly TrainingPrompt[];
  isRandomTwin?: boolean | undefined;
  /** Called after each chunk of prompts. */
  onChunk?: (chunk: number, chunks: number, values: Parameters<OnMetrics>[2]) => void;
}

export async function makeRsoPairs(
  workshop: Workshop,
  { units, config, prompts, isRandomTwin = false, onChunk }: MakePairsOptions,
): Promise<RsoPairs> {
  // Without rejection sampling nothing is chosen among candidates: those that are kept are drawn.
  const k = config.mode === 'rso-sample-rank' ? config.candidates : config.kept;
  const { random } = workshop;
  const chunks = chunksOf(prompts);
  const perPrompt: PromptOutcome[] = [];
  const examples: PreferenceExample[] = [];
  // β is in the unit in which a reward model's differences are preferences.
  const scale = workshop.rewards.isLogOdds ? 'log-odds' : 'normalised';
  for (const [i, chunk] of chunks.entries()) {
    const { outcomes, metrics, after } = await units.once(ChunkOutcome, async () => {
      const seed = random.uint32();
      const drawn = await drawCandidates(workshop, chunk, { k, settings: config, scale, seed });
      const outcomes = drawn.map((own) => pairsOfPrompt(own, random, config, isRandomTwin));
      const after: z.infer<typeof RandomWords> = [...random.state()];
      return { outcomes, metrics: candidateMetrics(drawn), after };
    });
    random.restore(after);
    perPrompt.push(...outcomes);
    examples.push(...chunk.flatMap((prompt, p) => examplesOf(prompt, outcomes[p]?.pairs ?? [])));
    onChunk?.(i + 1, chunks.length, {
      ...metrics,
      reward_chosen: mean(outcomes.flatMap(({ keptRewards }) => keptRewards)),
      acceptance_rate: mean(outcomes.map(({ acceptanceRate }) => acceptanceRate)),
      kept: mean(outcomes.map(({ keptRewards }) => keptRewards.length)),
    });
  }
  return {
    examples,
    report: {
      scale,
      prompts: prompts.length,
      drawn: prompts.length * k,
      unique: sum(perPrompt.map(({ rewards }) => rewards.length)),
      kept: sum(perPrompt.map(({ keptRewards }) => keptRewards.length)),
      acceptanceRate: mean(perPrompt.map(({ acceptanceRate }) => acceptanceRate)),
      shortPrompts: perPrompt.filter(({ keptRewards }) => keptRewards.length < config.kept).length,
      pairs: examples.length,
      ties: sum(perPrompt.map(({ ties }) => ties)),
      meanReward: mean(perPrompt.flatMap(({ rewards }) => rewards)),
      keptReward: mean(perPrompt.flatMap(({ keptRewards }) => keptRewards)),
    },
  };
}

const PromptOutcome = z.object({
  pairs: z.array(z.object({ better: Candidate, worse: Candidate })),
  /** Of the unique candidates, and of those kept. */
  rewards: z.array(z.number()),
  keptRewards: z.array(z.number()),
  acceptanceRate: Figure,
  ties: z.number().int(),
});
type PromptOutcome = z.infer<typeof PromptOutcome>;

const ChunkOutcome = z.object({
  outcomes: z.array(PromptOutcome),
  metrics: Figures,
  /** Where the generator is after the chunk. */
  after: RandomWords,
});

function pairsOfPrompt(
  { candidates }: PromptCandidates,
  random: Random,
  config: RsoConfig,
  isRandomTwin: boolean,
): PromptOutcome {
  const unique = uniqueByText(candidates);
  const own = unique.map(({ reward }) => reward);
  const judged = isRandomTwin ? random.shuffled(own) : own;

  // 1. Accept.
  const beta = config.acceptanceBeta;
  const kept =
    config.mode === 'rso-sample-rank'
      ? rejectionSample(judged, { beta, count: config.kept, uniform: () => random.uniform() })
      : unique.map((_, i) => i).slice(0, config.kept);

  // 2. Pair the accepted ones; the reward says which is better.
  const pairOutputs = config.pairing === 'tournament' ? pairTournament : pairFirstRound;
  const { pairs, ties } = pairOutputs(
    kept.map((i) => judged[i] ?? NaN),
    random,
  );
  return {
    pairs: pairs.flatMap((pair) => {
      const [better, worse] = [unique[kept[pair.better] ?? -1], unique[kept[pair.worse] ?? -1]];
      return better && worse ? [{ better, worse }] : [];
    }),
    rewards: own,
    keptRewards: kept.map((i) => own[i] ?? NaN),
    acceptanceRate: expectedAcceptance(judged, beta),
    ties,
  };
}

function examplesOf(prompt: TrainingPrompt, pairs: PromptOutcome['pairs']): PreferenceExample[] {
  return pairs.map(({ better, worse }) => ({
    promptId: prompt.id,
    promptText: prompt.text,
    ...(prompt.conversation && { conversation: prompt.conversation }),
    completions: [better.text, worse.text],
    cutOff: [better.isCutOff, worse.isCutOff],
    judgements: [{ id: 'by-reward', ranks: [1, 2], weight: 1 }],
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
