// Where a score comes from, as PPO, the selecting recipes and the comparison see it: one reward model, an ensemble, or
// a stated mixture of several of either (helpful and harmless).

import { join } from 'node:path';
import type { PromptContent } from '../../data/encode.ts';
import type { UsualShape } from '../../engine/padded-size.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { readJsonObject } from '../../weights/json-file.ts';
import { RewardModel } from '../reward-model.ts';
import type { ModelFolderPath, WeightedReward } from '../types.ts';
import { ensembleScores, scaleScores, type ScoreScale } from './aggregate.ts';
import { readMember } from './ensemble-files.ts';
import { readRewardKey, type EnsembleKey } from './reward-key.ts';

/** One folder, or several with their weights. */
export type RewardFolders = ModelFolderPath | readonly WeightedReward[];

export type ByConfidence = boolean | 'relative';

export interface ScoreOptions {
  /** `normalised` by default: what the KL coefficients and penalties of the recipes are meant for. */
  readonly scale?: ScoreScale;
  /**
   * Each reward of a mixture counts by its confidence too, so that one that knows nothing adds no noise. `relative`: by
   * its confidence over that of the mixture, so that a single reward, or several that are believed alike, score as they
   * would without.
   */
  readonly byConfidence?: ByConfidence;
  /** Called between batches. */
  readonly between?: (() => Promise<void>) | undefined;
}

export interface RewardText {
  readonly prompt: PromptContent;
  readonly completion: string;
}

export interface RewardSource {
  /** In the order given. The base policy's outputs have mean 0; see `ScoreScale`. */
  score(texts: readonly RewardText[], options?: ScoreOptions): Promise<number[]>;
  /** 0..1, how far the score may be believed (evaluation/confidence.ts); of a mixture the weighted mean. */
  readonly confidence: number;
  /** Whether scores in `log-odds` are that: false where a part was trained on ratings. */
  readonly isLogOdds: boolean;
  /** What reads the policy's tokens: a critic may begin from it. The first member of the part that weighs most. */
  readonly leader: RewardModel;
  readonly tokenizer: Tokenizer;
  /** Says which batches will come most. */
  expect(usual: UsualShape | null): void;
  dispose(): void;
}

/**
 *   s(x, y) = Σ_i w_i / Σ w · s_i(x, y)        times c_i where scores count by confidence, or c_i / (Σ_i w_i c_i / Σ w)
 *
 * A mixture is not normalised again: parts that contradict each other give smaller scores, and so move a policy less.
 * One plain folder gives exactly what `RewardModel.score` does.
 *
 * @throws Error if a weight is not above 0 or a folder cannot be read
 */
export async function loadRewardSource(rewards: RewardFolders): Promise<RewardSource> {
  const folders = typeof rewards === 'string' ? [{ dir: rewards, weight: 1 }] : rewards;
  const total = folders.reduce((sum, { weight }) => sum + weight, 0);
  if (folders.length === 0 || folders.some(({ weight }) => !(weight > 0)) || !Number.isFinite(total)) {
    throw new Error('A reward is made of one folder or more, each with a weight above 0.');
  }
  const parts: Part[] = [];
  try {
    for (const { dir, weight } of folders) parts.push({ ...(await loadReward(dir)), share: weight / total });
  } catch (cause) {
    for (const { models } of parts) for (const model of models) model.dispose();
    throw cause;
  }
  return sourceOf(parts);
}

interface LoadedReward {
  /** One model (with one head or several), or all members. */
  readonly models: readonly RewardModel[];
  readonly first: RewardModel;
  readonly ensemble: EnsembleKey | undefined;
}

interface Part extends LoadedReward {
  readonly share: number;
}

async function loadReward(dir: ModelFolderPath): Promise<LoadedReward> {
  const ensemble = readRewardKey(await readJsonObject(join(dir, 'config.json')))?.ensemble;
  const models: RewardModel[] = [];
  try {
    const further = Array.from({ length: (ensemble?.members.length ?? 1) - 1 }, (_, k) => k + 2);
    const files = async () => Promise.all(further.map((member) => readMember(dir, member)));
    const heads = ensemble?.kind === 'heads' ? await files() : [];
    const first = await RewardModel.fromFolder(dir, new Map(), heads);
    models.push(first);
    if (ensemble?.kind === 'members') {
      for (const member of further)
        models.push(await RewardModel.fromFolder(dir, await readMember(dir, member)));
    }
    return { models, first, ensemble };
  } catch (cause) {
    for (const model of models) model.dispose();
    throw cause;
  }
}

function sourceOf(parts: readonly Part[]): RewardSource {
  const [heaviest] = [...parts].sort((a, b) => b.share - a.share);
  if (heaviest === undefined) throw new Error('A reward has a part.');
  const confidence = parts.reduce((sum, { share, first }) => sum + share * first.confidence, 0);
  return {
    score: async (texts, { scale = 'normalised', byConfidence = false, between } = {}) => {
      const scores = new Array<number>(texts.length).fill(0);
      for (const part of parts) {
        const own = await scorePart(part, texts, scale, between);
        const weight = part.share * weightOf(part.first.confidence, confidence, byConfidence);
        own.forEach((score, i) => (scores[i] = (scores[i] ?? NaN) + weight * score));
      }
      return scores;
    },
    confidence,
    isLogOdds: parts.every(({ first }) => first.isLogOdds),
    leader: heaviest.first,
    tokenizer: heaviest.first.tokenizer,
    expect: (usual) => {
      for (const { models } of parts) for (const { program } of models) program.usual = usual;
    },
    dispose: () => {
      for (const { models } of parts) for (const model of models) model.dispose();
    },
  };
}

/** Where nothing is believed at all, parts cannot be told apart by it. */
function weightOf(own: number, ofMixture: number, byConfidence: ByConfidence): number {
  if (byConfidence === false) return 1;
  if (byConfidence === true) return own;
  return ofMixture === 0 ? 1 : own / ofMixture;
}

async function scorePart(
  { models, first, ensemble }: LoadedReward,
  texts: readonly RewardText[],
  scale: ScoreScale,
  between?: () => Promise<void>,
): Promise<number[]> {
  const rows = texts.map((text) => first.encode(text).ids);
  const raw: number[][] = [];
  for (const model of models) raw.push(...(await model.scoreRowsByHead(rows, between)));
  if (ensemble === undefined) return scaleScores(raw[0] ?? [], first.normalisation, scale);
  return ensembleScores(raw, ensemble, scale);
}
