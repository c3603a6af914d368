import type { RecipeName } from '@rankloop/contracts';
import { bestOfN } from './best-of-n.ts';
import type { Recipe } from './define-recipe.ts';
import { dpo } from './dpo.ts';
import { kto } from './kto.ts';
import { online } from './online.ts';
import { ppo } from './ppo.ts';
import { raft } from './raft.ts';
import { reinforce } from './reinforce.ts';
import { rest } from './rest.ts';
import { reward } from './reward.ts';
import { rso } from './rso.ts';
import { sft } from './sft.ts';

/** One module each. A new recipe also has a command (training/commands.ts) and its call (training/run-command.ts). */
export const RECIPE_MODULES: Record<RecipeName, Recipe> = {
  sft,
  reward,
  ppo,
  reinforce,
  dpo,
  kto,
  rso,
  raft,
  rest,
  'best-of-n': bestOfN,
  online,
};
