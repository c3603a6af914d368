// What a reward model's config.json says beside the architecture: how its scores are normalised, and of which members
// an ensemble is made. Other tools ignore the key.

import { z } from 'zod';

const CONFIG_KEY = 'rankloop_reward';

/** The scores that the base policy's own outputs get. */
export interface Normalisation {
  readonly mean: number;
  /** > 0 */
  readonly std: number;
}

export const AGGREGATIONS = ['mean', 'min', 'mean-less-variance'] as const;
/** How the scores of an ensemble's members become one. */
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface EnsembleKey {
  /** `members`: complete models in files of their own. `heads`: one trunk, a head each. */
  readonly kind: 'members' | 'heads';
  readonly aggregation: Aggregation;
  /** λ of mean-less-variance. */
  readonly varianceWeight: number;
  /** One per member. The first one's are the folder's own, so that a reader of single models finds a single model. */
  readonly members: readonly Normalisation[];
  /** What the rule gives the base's outputs on average; taken from every score, so that they have mean 0. */
  readonly offset: { readonly normalised: number; readonly logOdds: number };
}

export interface RewardKey {
  readonly normalisation: Normalisation;
  /** 0..1, see evaluation/confidence.ts. */
  readonly confidence: number;
  readonly maxTokens: number | undefined;
  /** Whether a difference of raw scores is the log-odds of a preference; not so for a model of ratings. */
  readonly isLogOdds: boolean;
  readonly ensemble: EnsembleKey | undefined;
}

const NormalisationSchema = z.object({ mean: z.number(), std: z.number().positive() });
const KeySchema = NormalisationSchema.extend({
  confidence: z.number().min(0).max(1).default(1),
  max_tokens: z.number().int().positive().optional(),
  is_log_odds: z.boolean().default(true),
  ensemble: z
    .object({
      kind: z.enum(['members', 'heads']),
      aggregation: z.enum(AGGREGATIONS),
      variance_weight: z.number().min(0),
      members: z.array(NormalisationSchema).min(2),
      offset: z.object({ normalised: z.number(), log_odds: z.number() }),
    })
    .optional(),
});

/** Null where the folder says nothing that is understood, as those of other tools. */
export function readRewardKey(configJson: Readonly<Record<string, unknown>>): RewardKey | null {
  const stored = KeySchema.safeParse(configJson[CONFIG_KEY]);
  if (!stored.success) return null;
  const { mean, std, confidence, max_tokens: maxTokens, is_log_odds: isLogOdds, ensemble } = stored.data;
  return {
    normalisation: { mean, std },
    confidence,
    maxTokens,
    isLogOdds,
    ensemble: ensemble && {
      kind: ensemble.kind,
      aggregation: ensemble.aggregation,
      varianceWeight: ensemble.variance_weight,
      members: ensemble.members,
      offset: { normalised: ensemble.offset.normalised, logOdds: ensemble.offset.log_odds },
    },
  };
}

/** What is usual is left unsaid, so that a plain model's folder stays as it always was. */
export function rewardKeyJson(key: RewardKey): Readonly<Record<string, unknown>> {
  const { normalisation, confidence, maxTokens, isLogOdds, ensemble } = key;
  return {
    [CONFIG_KEY]: {
      ...normalisation,
      confidence,
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      ...(!isLogOdds && { is_log_odds: false }),
      ...(ensemble && {
        ensemble: {
          kind: ensemble.kind,
          aggregation: ensemble.aggregation,
          variance_weight: ensemble.varianceWeight,
          members: ensemble.members,
          offset: { normalised: ensemble.offset.normalised, log_odds: ensemble.offset.logOdds },
        },
      }),
    },
  };
}
