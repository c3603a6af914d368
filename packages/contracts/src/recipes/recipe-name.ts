import { z } from 'zod';

// Apart from what the recipes are: most pages say which one it was, few know its settings.
export const RecipeName = z.enum([
  'sft',
  'reward',
  'ppo',
  'reinforce',
  'dpo',
  'kto',
  'rso',
  'raft',
  'rest',
  'best-of-n',
  'online',
]);
export type RecipeName = z.infer<typeof RecipeName>;
