// Rotary positions (Su et al. 2021): what config.json says of them, and the frequencies that follow.

import { z } from 'zod';

export interface RopeConfig {
  /** Base of the frequencies, θ. */
  readonly theta: number;
  readonly scaling: RopeScaling | null;
}

/** How a model was stretched to more positions than it was first trained on. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      /** Positions of the first training. */
      readonly originalPositions: number;
    };

const Positive = z.number().positive();
const Theta = { rope_theta: Positive.optional() };
/** Older files call the type "type". */
const RopeParameters = z.preprocess(
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const fields: Record<string, unknown> = Object.fromEntries(Object.entries(value));
    const { type, ...rest } = fields;
    return { ...rest, rope_type: 'rope_type' in rest ? rest['rope_type'] : (type ?? 'default') };
  },
  z.discriminatedUnion('rope_type', [
    z.looseObject({ rope_type: z.literal('default'), ...Theta }),
    z.looseObject({ rope_type: z.literal('linear'), factor: Positive, ...Theta }),
    z.looseObject({
      rope_type: z.literal('llama3'),
      factor: Positive,
      low_freq_factor: Positive,
      high_freq_factor: Positive,
      original_max_position_embeddings: Positive,
      ...Theta,
    }),
  ]),
);

/** transformers 5 writes `rope_parameters`; older files `rope_theta` beside `rope_scaling`. */
export const ropeSchemas = {
  rope_theta: Positive.nullish(),
  rope_scaling: RopeParameters.nullish(),
  rope_parameters: RopeParameters.nullish(),
  partial_rotary_factor: z.literal(1).nullish(),
};
type RopeJson = z.infer<z.ZodObject<typeof ropeSchemas>>;

export const DEFAULT_ROPE: RopeConfig = { theta: 10_000, scaling: null };

export function ropeOf(json: RopeJson): RopeConfig {
  const parameters = json.rope_parameters ?? json.rope_scaling;
  const theta = parameters?.rope_theta ?? json.rope_theta ?? DEFAULT_ROPE.theta;
  if (parameters == null || parameters.rope_type === 'default') return { theta, scaling: null };
  const { factor } = parameters;
  if (parameters.rope_type === 'linear') return { theta, scaling: { type: 'linear', factor } };
  return {
    theta,
    scaling: {
      type: 'llama3',
      factor,
      lowFrequencyFactor: parameters.low_freq_factor,
      highFrequencyFactor: parameters.high_freq_factor,
      originalPositions: parameters.original_max_position_embeddings,
    },
  };
}

export function ropeConfigJson({ theta, scaling }: RopeConfig): Record<string, unknown> {
  const parameters = scalingJson(scaling);
  return {
    rope_theta: theta,
    rope_scaling: parameters,
    rope_parameters: { rope_type: 'default', ...parameters, rope_theta: theta },
  };
}

function scalingJson(scaling: RopeScaling | null): Record<string, unknown> | null {
  if (scaling === null) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalPositions,
  };
}

/**
 * Angles per position, ω [headDim / 2] in radians: ω[i] = θ^(-2i / headDim).
 *
 * "linear" divides all by the factor (Chen et al. 2023). "llama3" divides those whose wavelength 2π/ω is beyond
 * originalPositions / lowFrequencyFactor, keeps those within originalPositions / highFrequencyFactor, and goes over
 * from one to the other between (Llama 3.1).
 */
export function inverseFrequencies({ theta, scaling }: RopeConfig, headDim: number): Float32Array {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => scaled(theta ** ((-2 * i) / headDim), scaling));
}

function scaled(omega: number, scaling: RopeScaling | null): number {
  if (scaling === null) return omega;
  if (scaling.type === 'linear') return omega / scaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
  const turns = (originalPositions * omega) / (2 * Math.PI);
  if (turns < low) return omega / factor;
  if (turns > high) return omega;
  const kept = (turns - low) / (high - low);
  return (1 - kept) * (omega / factor) + kept * omega;
}
