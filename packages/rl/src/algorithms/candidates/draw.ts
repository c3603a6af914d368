// Candidates: outputs of the policy as it is now, with what the reward model thinks of them.

import { NonFiniteLogitsError } from '../../sampling/choose-token.ts';
import type { Place } from '../../selection/top.ts';
import type { ScoreScale } from '../reward/aggregate.ts';
import { sampleFromModel } from '../sample-from-model.ts';
import { DivergedError, type SampledCompletion, type TrainingPrompt } from '../types.ts';
import type { Workshop } from './workshop.ts';

export interface Candidate {
  readonly text: string;
  /** As it was drawn; "length" says that it reached its longest without an end. */
  readonly drawn: SampledCompletion;
  /** The score less the penalty for being cut off. */
  readonly reward: number;
}

export interface PromptCandidates {
  readonly prompt: TrainingPrompt;
  readonly candidates: readonly Candidate[];
}

/** A candidate that is learned from. */
export interface ChosenOutput {
  readonly prompt: TrainingPrompt;
  readonly text: string;
  readonly reward: number;
  /** It reached its longest without an end. */
  readonly isCutOff: boolean;
}

/** How candidates are drawn, as the recipes' settings say it. */
export interface DrawSettings {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly missingEndPenalty: number;
}

interface DrawOptions {
  /** Candidates per prompt. */
  readonly k: number;
  readonly settings: DrawSettings;
  /** `normalised` by default. */
  readonly scale?: ScoreScale;
}

type Drawer = Pick<
  Workshop,
  'policy' | 'tokenizer' | 'rewards' | 'signal' | 'pause' | 'training' | 'updates'
>;

/**
 * `k` candidates for each prompt, in the order of the prompts. A prompt's draws depend on the seed, its place and `k`.
 *
 * @throws DivergedError where the policy gives no numbers any more
 * @throws where a score is not a finite number
 */
export async function drawCandidates(
  { policy, tokenizer, rewards, signal, pause, training, updates }: Drawer,
  prompts: readonly TrainingPrompt[],
  { k, settings, scale, seed }: DrawOptions & { seed: number },
): Promise<PromptCandidates[]> {
  const { maxNewTokens, temperature, topK, topP } = settings;
  const drawn = await sampleFromModel({
    model: policy,
    tokenizer,
    prompts,
    k,
    config: { maxNewTokens, temperature, topK, topP },
    seed,
    signal,
    holder: training,
  }).catch((error: unknown) => {
    if (!(error instanceof NonFiniteLogitsError)) throw error;
    const reason = 'The policy gives no numbers any more: lower the learning rate.';
    throw new DivergedError(reason, updates);
  });
  const promptOf = (i: number) => prompts[Math.floor(i / k)] ?? { id: '', text: '' };
  const scores = await rewards.score(
    drawn.map(({ text }, i) => ({ prompt: promptOf(i), completion: text })),
    { ...(scale && { scale }), between: pause },
  );
  const candidates = drawn.map((output, i) => {
    const score = scores[i] ?? NaN;
    if (!Number.isFinite(score)) {
      throw new Error('The reward model gave a score that is not a number: train it anew.');
    }
    const penalty = output.finished === 'length' ? settings.missingEndPenalty : 0;
    return { text: output.text, drawn: output, reward: score - penalty };
  });
  return prompts.map((prompt, p) => ({ prompt, candidates: candidates.slice(p * k, (p + 1) * k) }));
}

/** Prompts whose candidates are drawn together, between two tellings of progress. */
const PROMPTS_PER_CHUNK = 16;

export function countChunks(prompts: readonly TrainingPrompt[]): number {
  return Math.ceil(prompts.length / PROMPTS_PER_CHUNK);
}

/** `k` candidates for each prompt, a few prompts at a time; seeds come from the workshop. */
export async function* drawInChunks(
  workshop: Drawer & Pick<Workshop, 'random'>,
  prompts: readonly TrainingPrompt[],
  options: DrawOptions,
): AsyncGenerator<PromptCandidates[]> {
  for (let start = 0; start < prompts.length; start += PROMPTS_PER_CHUNK) {
    const seed = workshop.random.uint32();
    const chunk = prompts.slice(start, start + PROMPTS_PER_CHUNK);
    yield await drawCandidates(workshop, chunk, { ...options, seed });
  }
}

/** The outputs at these places, with their prompts. */
export function outputsAt(drawn: readonly PromptCandidates[], places: readonly Place[]): ChosenOutput[] {
  return places.flatMap(({ prompt, candidate }) => {
    const own = drawn[prompt];
    const output = own?.candidates[candidate];
    return own && output ? [toOutput(own.prompt, output)] : [];
  });
}

/** Every candidate, with its prompt. */
export function allOutputs(drawn: readonly PromptCandidates[]): ChosenOutput[] {
  return drawn.flatMap(({ prompt, candidates }) =>
    candidates.map((candidate) => toOutput(prompt, candidate)),
  );
}

function toOutput(prompt: TrainingPrompt, { text, reward, drawn }: Candidate): ChosenOutput {
  return { prompt, text, reward, isCutOff: drawn.finished === 'length' };
}

/** The rewards of each prompt's candidates, as the rules of selection take them. */
export function rewardsOf(drawn: readonly PromptCandidates[]): number[][] {
  return drawn.map(({ candidates }) => candidates.map(({ reward }) => reward));
}
