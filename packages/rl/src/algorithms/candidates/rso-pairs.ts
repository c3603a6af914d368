// Preference pairs from drawn outputs (Liu et al. 2024): candidates, rejection sampling, pairs, labels by reward.

import type { RsoConfig } from '@rankloop/contracts';
import type { Random } from '../../engine/random.ts';
import { pairFirstRound, pairTournament } from '../../selection/pairing.ts';
import { expectedAcceptance, rejectionSample, uniqueByText } from '../../selection/rejection.ts';
import type { OnMetrics, PreferenceExample, TrainingPrompt } from '../types.ts';
import { countChunks, drawInChunks, type Candidate, type PromptCandidates } from './draw.ts';
import { candidateMetrics, mean } from './statistics.ts';
import type { RsoCandidates } from './types.ts';
import type { Workshop } from './workshop.ts';

interface RsoPairs {
  /** One example per pair: the better output first. */
  examples: PreferenceExample[];
  report: RsoCandidates;
}

interface MakePairsOptions {
  config: RsoConfig;
  prompts: readonly TrainingPrompt[];
  isRandomTwin?: boolean | undefined;
  /** Called after each chunk of prompts. */
  onChunk?: (chunk: number, chunks: number, values: Parameters<OnMetrics>[2]) => void;
}

export async function makeRsoPairs(
  workshop: Workshop,
  { config, prompts, isRandomTwin = false, onChunk }: MakePairsOptions,
): Promise<RsoPairs> {
  // Without rejection sampling nothing is chosen among candidates: those that are kept are drawn.
  const k = config.mode === 'rso-sample-rank' ? config.candidates : config.kept;
  const chunks = countChunks(prompts);
  const perPrompt: PromptOutcome[] = [];
  let chunk = 0;
  // β is in the unit in which a reward model's differences are preferences.
  const scale = workshop.rewards.isLogOdds ? 'log-odds' : 'normalised';
  for await (const drawn of drawInChunks(workshop, prompts, { k, settings: config, scale })) {
    const outcomes = drawn.map((own) => pairsOfPrompt(own, workshop.random, config, isRandomTwin));
    perPrompt.push(...outcomes);
    onChunk?.(++chunk, chunks, {
      ...candidateMetrics(drawn),
      reward_chosen: mean(outcomes.flatMap(({ keptRewards }) => keptRewards)),
      acceptance_rate: mean(outcomes.map(({ acceptanceRate }) => acceptanceRate)),
      kept: mean(outcomes.map(({ keptRewards }) => keptRewards.length)),
    });
  }
  const examples = perPrompt.flatMap((outcome) => outcome.examples);
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

interface PromptOutcome {
  examples: PreferenceExample[];
  /** Of the unique candidates, and of those kept. */
  rewards: number[];
  keptRewards: number[];
  acceptanceRate: number;
  ties: number;
}

function pairsOfPrompt(
  { prompt, candidates }: PromptCandidates,
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
    examples: pairs.map(({ better, worse }) =>
      exampleOf(
        prompt,
        [better, worse].flatMap((place) => unique[kept[place] ?? -1] ?? []),
      ),
    ),
    rewards: own,
    keptRewards: kept.map((i) => own[i] ?? NaN),
    acceptanceRate: expectedAcceptance(judged, beta),
    ties,
  };
}

/** @param candidates the better one, then the worse */
function exampleOf(prompt: TrainingPrompt, candidates: readonly Candidate[]): PreferenceExample {
  return {
    promptId: prompt.id,
    promptText: prompt.text,
    ...(prompt.conversation && { conversation: prompt.conversation }),
    completions: candidates.map(({ text }) => text),
    cutOff: candidates.map(({ drawn }) => drawn.finished === 'length'),
    judgements: [{ id: 'by-reward', ranks: [1, 2], weight: 1 }],
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
