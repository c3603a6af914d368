import './strict-csp.ts';
import { z } from 'zod';

export const RatingScale = z.enum(['thumbs', '0-5', '1-7', '1-10']);
export type RatingScale = z.infer<typeof RatingScale>;

/** Numbers a scale allows. Thumbs are 0 (down) and 1 (up). */
export const SCALE_RANGE: Record<RatingScale, { min: number; max: number }> = {
  thumbs: { min: 0, max: 1 },
  '0-5': { min: 0, max: 5 },
  '1-7': { min: 1, max: 7 },
  '1-10': { min: 1, max: 10 },
};

export const RatingDimension = z.object({
  id: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  label: z.string().min(1).max(60),
  help: z.string().max(300).default(''),
  scale: RatingScale,
  required: z.boolean().default(true),
});
export type RatingDimension = z.infer<typeof RatingDimension>;

/**
 * What one task asks for, on one screen. At least one part is present.
 * The dimension called "overall" gives training pairs when there is no ranking or comparison.
 */
export const FormSpec = z
  .object({
    ranking: z
      .object({ allowTies: z.boolean().default(true), allowPartial: z.boolean().default(true) })
      .optional(),
    comparison: z
      .object({ allowTie: z.boolean().default(true), allowBothBad: z.boolean().default(true) })
      .optional(),
    ratings: z.object({ dimensions: z.array(RatingDimension).min(1).max(8) }).optional(),
    flags: z.object({ options: z.array(z.string().min(1).max(60)).min(1).max(12) }).optional(),
    critique: z.object({ perOutput: z.boolean().default(true) }).optional(),
    correction: z.object({ required: z.boolean().default(true) }).optional(),
    demonstration: z.object({ required: z.boolean().default(false) }).optional(),
  })
  .refine(
    (form) => Object.values(form).some((part) => part !== undefined),
    'A form asks for at least one thing',
  )
  .refine((form) => !(form.ranking && form.comparison), 'A form has a ranking or a comparison, not both');
export type FormSpec = z.infer<typeof FormSpec>;

export const FormKind = z.enum(['ranking', 'comparison', 'ratings', 'correction']);
export type FormKind = z.infer<typeof FormKind>;

/** Starting points offered when a project is made. */
export const FORM_PRESETS: Record<FormKind, { label: string; help: string; spec: FormSpec }> = {
  ranking: {
    label: 'Ranking',
    help: 'Put 2 to 9 outputs in order, ties allowed.',
    spec: { ranking: { allowTies: true, allowPartial: true } },
  },
  comparison: {
    label: 'Comparison',
    help: 'Say which of two outputs is better, and by how much.',
    spec: { comparison: { allowTie: true, allowBothBad: true } },
  },
  ratings: {
    label: 'Ratings',
    help: 'Give every output a mark.',
    spec: {
      ratings: { dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: '0-5', required: true }] },
    },
  },
  correction: {
    label: 'Correction',
    help: 'Edit an output until it is right.',
    spec: { correction: { required: true } },
  },
};
