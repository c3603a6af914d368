import { join } from 'node:path';
import { type StageSpec } from '@rankloop/contracts';
import type { Checkpoint } from '@rankloop/db';
import type { RoundContext } from './round-context.ts';

/** Of several draws of the policy, the one with the highest reward is given. */
export interface Serving {
  n: number;
  missingEndPenalty: number;
  rewards: WeighedCheckpoint[];
}

/** What a stage has made, by its name. */
export interface Made {
  checkpoint: Checkpoint;
  serving: Serving | null;
}
export type MadeByName = ReadonlyMap<string, Made>;

export interface WeighedCheckpoint {
  checkpoint: Checkpoint;
  weight: number;
}

/** The checkpoints behind the names that a stage takes. */
export interface StageInputs {
  /** What it begins from: its policy, or the policy that a reward model starts from. */
  policy: Checkpoint;
  reference: Checkpoint | null;
  sampler: Checkpoint | null;
  /** Empty for stages that use no reward. */
  rewards: WeighedCheckpoint[];
}

export function resolveInputs(context: RoundContext, stage: StageSpec, made: MadeByName): StageInputs {
  const find = (name: string): Checkpoint => {
    if (name === 'start') return context.before;
    if (name === 'base') return context.base;
    const found = made.get(name);
    // The contract has checked the names; a stage that ended without a checkpoint would be a fault of ours.
    if (!found) throw new Error(`Nothing has made "${name}" yet.`);
    return found.checkpoint;
  };
  const reward = 'reward' in stage ? stage.reward : [];
  const parts = typeof reward === 'string' ? [{ stage: reward, weight: 1 }] : reward;
  return {
    policy: find('from' in stage ? stage.from : stage.policy),
    reference: 'reference' in stage && stage.reference !== undefined ? find(stage.reference) : null,
    sampler: 'sampler' in stage && stage.sampler !== undefined ? find(stage.sampler) : null,
    rewards: parts.map((part) => ({ checkpoint: find(part.stage), weight: part.weight })),
  };
}

/** Best of n may leave the policy as it is and choose among its draws instead. */
export function servingOf(stage: StageSpec, { rewards }: StageInputs): Serving | null {
  if (stage.recipe !== 'best-of-n' || !stage.config.serve) return null;
  const { n, missingEndPenalty } = stage.config;
  return { n, missingEndPenalty, rewards };
}

/** Every checkpoint that a stage is made of. */
export function checkpointsOf({ policy, reference, sampler, rewards }: StageInputs): Checkpoint[] {
  return [policy, reference, sampler, ...rewards.map(({ checkpoint }) => checkpoint)].filter(
    (checkpoint) => checkpoint !== null,
  );
}

export function rewardFolders(
  { dataDir }: Pick<RoundContext, 'dataDir'>,
  rewards: readonly WeighedCheckpoint[],
): { dir: string; weight: number }[] {
  return rewards.map(({ checkpoint, weight }) => ({ dir: join(dataDir, checkpoint.folder), weight }));
}
