// What all methods of one world and seed share: the base, the notes, the reward models of both arms. Kept on disk.

import { RewardConfig, SamplingConfig } from '@rankloop/contracts';
import { createWorld, type WorldName } from '@rankloop/demo';
import { splitByPrompt, trainRewardModel, type PreferenceExample } from '@rankloop/rl';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { notesFor, openBase } from './base.ts';
import { keyOf, makeOnce } from './cache.ts';
import { collectLabels, WRITERS, type Arm } from './labels.ts';
import { measureBase, type BaseMeasure, type Measured } from './measure.ts';
import type { Size } from './sizes.ts';

const HELD_OUT_SHARE = 0.15;

export interface Labels {
  train: PreferenceExample[];
  heldOut: PreferenceExample[];
}

export interface Scene extends Measured {
  labels: Record<Arm, Labels>;
  base: BaseMeasure;
  /** A folder for what is thrown away. */
  scratchDir: string;
}

export function rewardConfigOf(size: Pick<Size, 'name'>): RewardConfig {
  const isTiny = size.name === 'tiny';
  return RewardConfig.parse({
    learningRate: 3e-3,
    epochs: isTiny ? 1 : 4,
    batchPrompts: 16,
    heldOutFraction: HELD_OUT_SHARE,
    normalisationSamples: isTiny ? 16 : 128,
    maxTokens: 48,
  });
}

/** What a scene is made of: changes make another one. */
export function sceneKey(size: Size, world: WorldName, seed: number): string {
  const { model, base, labels, notes } = size;
  return keyOf({ world, seed, model, base, labels, notes, writers: WRITERS, reward: rewardConfigOf(size) });
}

export async function openScene(
  cacheDir: string,
  size: Size,
  worldName: WorldName,
  seed: number,
): Promise<Scene> {
  const world = createWorld(worldName, seed);
  const dir = path.join(cacheDir, 'scenes', sceneKey(size, worldName, seed));
  const baseDir = await openBase(cacheDir, size, world);
  const sampling = SamplingConfig.parse({ maxNewTokens: world.maxNewTokens, temperature: 1 });
  const labelsOf = (arm: Arm): Labels =>
    splitByPrompt(collectLabels({ world, seed, count: size.labels, arm }), {
      heldOutFraction: HELD_OUT_SHARE,
      seed,
    });
  const labels = { true: labelsOf('true'), twin: labelsOf('twin') };
  const rewardDir = { true: path.join(dir, 'reward-true'), twin: path.join(dir, 'reward-twin') };
  for (const arm of ['true', 'twin'] as const) {
    await makeOnce(rewardDir[arm], async (outDir) => {
      await trainRewardModel({
        base: baseDir,
        outDir,
        examples: labels[arm].train,
        heldOut: labels[arm].heldOut,
        config: rewardConfigOf(size),
        sampling,
        seed,
      });
    });
  }
  const scratchDir = path.join(dir, `scratch-${process.pid}`);
  mkdirSync(scratchDir, { recursive: true });
  const notes = notesFor(world, size.notes, seed);
  const scene = { world, seed, size, sampling, baseDir, notes, labels, rewardDir, scratchDir };
  return { ...scene, base: await measureBase(scene) };
}
