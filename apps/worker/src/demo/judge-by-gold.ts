import { findItemOfPrompt, goldScore } from '@rankloop/demo';
import type { GoldJudge } from '../rounds/gold-judge.ts';

/** The demo's hidden gold. It judges finished outputs for the report and is never near what trains. */
export const judgeByGold: GoldJudge = (items) =>
  items.every(({ prompt }) => findItemOfPrompt(prompt) !== undefined)
    ? items.map(({ prompt, completion }) => goldScore(prompt, completion))
    : null;
