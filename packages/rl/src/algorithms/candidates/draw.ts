// Candidates: outputs of the policy as it is now, with what the reward model thinks of them.

import { z } from 'zod';
import { NonFiniteLogitsError } from '../../sampling/choose-token.ts';
import type { Place } from '../../selection/top.ts';
import { Figures, type Units } from '../progress/units.ts';
import type { ScoreScale } from '../reward/aggregate.ts';
import { sampleFromModel } from '../sample-from-model.ts';
import { DivergedError, type SampledCompletion, type TrainingPrompt } from '../types.ts';
import type { Workshop } from './workshop.ts';

/** What choosing and learning need of an output; kept where a run may go on after a kill. */
export const Candidate = z.object({
  text: z.string(),
  /** The score less the penalty for being cut off. */
  reward: z.number(),
  /** Without the end. */
  tokens: z.number().int(),
  /** It reached its longest without an end. */
  isCutOff: z.boolean(),
});
export type Candidate = z.infer<typeof Candidate>;

/** With all that drawing knows of it. */
export interface DrawnCandidate extends Candidate {
  readonly drawn: SampledCompletion;
}

export interface PromptCandidates<Of extends Candidate = Candidate> {
  readonly prompt: TrainingPrompt;
  readonly candidates: readonly Of[];
}

/** A prompt as runs keep it. */
export const KeptPrompt: z.ZodType<TrainingPrompt> = z.object({
  id: z.string(),
  text: z.string(),
  conversation: z.array(z.object({ role: z.string(), content: z.string() })).optional(),
});

const KeptCandidates: z.ZodType<PromptCandidates[]> = z.array(
  z.object({ prompt: KeptPrompt, candidates: z.array(Candidate) }),
);

/** A candidate that is learned from. */
const ChosenOutput = Candidate.extend({ prompt: KeptPrompt });
export type ChosenOutput = z.infer<typeof ChosenOutput>;

/** Outputs that were chosen, and the metrics of the candidates that they were chosen from. */
export const Choice = z.object({
  chosen: z.array(ChosenOutput),
  metrics: Figures,
});
export type Choice = z.infer<typeof Choice>;

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
 * @param firstPrompt the place of the first of these prompts among all that are drawn for with the seed
 * @throws DivergedError where the policy gives no numbers any more
 * @throws where a score is not a finite number
 */
export async function drawCandidates(
  { policy, tokenizer, rewards, signal, pause, training, updates }: Drawer,
  prompts: readonly TrainingPrompt[],
  { k, settings, scale, seed, firstPrompt = 0 }: DrawOptions & { seed: number; firstPrompt?: number },
): Promise<PromptCandidates<DrawnCandidate>[]> {
  const { maxNewTokens, temperature, topK, topP } = settings;
  const drawn = await sampleFromModel({
    model: policy,
    tokenizer,
    prompts,
    k,
    config: { maxNewTokens, temperature, topK, topP },
    seed,
    firstPlace: firstPrompt * k,
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
    const isCutOff = output.finished === 'length';
    const penalty = isCutOff ? settings.missingEndPenalty : 0;
    const tokens = output.tokenIds.length;
    return { text: output.text, reward: score - penalty, tokens, isCutOff, drawn: output };
  });
  return prompts.map((prompt, p) => ({ prompt, candidates: candidates.slice(p * k, (p + 1) * k) }));
}

/** Prompts whose candidates are drawn together, between two tellings of progress. */
const PROMPTS_PER_CHUNK = 16;

export function chunksOf(prompts: readonly TrainingPrompt[]): TrainingPrompt[][] {
  return Array.from({ length: Math.ceil(prompts.length / PROMPTS_PER_CHUNK) }, (_, chunk) =>
    prompts.slice(chunk * PROMPTS_PER_CHUNK, (chunk + 1) * PROMPTS_PER_CHUNK),
  );
}

/** `k` candidates for each of the next prompts, in units of a few prompts. */
export async function drawInUnits(
  workshop: Workshop,
  units: Units,
  { prompts: count, ...options }: DrawOptions & { prompts: number },
): Promise<PromptCandidates[]> {
  const { prompts, seed } = await units.once(DrawBeginning, () => ({
    prompts: workshop.nextPrompts(count),
    seed: workshop.random.uint32(),
  }));
  const drawn: PromptCandidates[] = [];
  for (const chunk of chunksOf(prompts)) {
    const place = { seed, firstPrompt: drawn.length };
    const draw = () => drawCandidates(workshop, chunk, { ...options, ...place });
    drawn.push(...(await units.once(KeptCandidates, draw)));
  }
  return drawn;
}

const DrawBeginning = z.object({ prompts: z.array(KeptPrompt), seed: z.number() });

/** The outputs at these places, with their prompts. */
export function outputsAt(drawn: readonly PromptCandidates[], places: readonly Place[]): ChosenOutput[] {
  return places.flatMap(({ prompt, candidate }) => {
    const own = drawn[prompt];
    const output = own?.candidates[candidate];
    return own && output ? [{ prompt: own.prompt, ...output }] : [];
  });
}

/** Every candidate, with its prompt. */
export function allOutputs(drawn: readonly PromptCandidates[]): ChosenOutput[] {
  return drawn.flatMap(({ prompt, candidates }) => candidates.map((candidate) => ({ prompt, ...candidate })));
}

/** The rewards of each prompt's candidates, as the rules of selection take them. */
export function rewardsOf(drawn: readonly PromptCandidates[]): number[][] {
  return drawn.map(({ candidates }) => candidates.map(({ reward }) => reward));
}
