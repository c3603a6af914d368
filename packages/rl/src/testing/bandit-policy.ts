// A policy over the actions of the bandit whose optimum is known, one token each.

import * as tf from '@tensorflow/tfjs-core';
import type { Actor } from '../algorithms/ppo/actor-critic.ts';
import type { EpisodeTensors } from '../algorithms/ppo/episode.ts';
import { targetLogProbs } from '../engine/ops.ts';
import { Program } from '../engine/program.ts';
import type { Random } from '../engine/random.ts';
import { logSoftmax } from '../reference/distributions.ts';

/** A table of logits. */
export class TableActor implements Actor {
  readonly logits: tf.Variable<tf.Rank.R1>;
  readonly program: Program;
  readonly nPositions = 8;

  constructor(logits: readonly number[]) {
    this.logits = tf.variable(tf.tensor1d([...logits]));
    this.program = new Program({ state: { logits: this.logits } });
  }

  get params() {
    return [this.logits];
  }

  logProbs({ targets }: EpisodeTensors): tf.Tensor1D {
    return tf.tidy(() => {
      const rows = tf.add(tf.reshape(this.logits, [1, -1]), tf.zeros([targets.size, this.logits.size]));
      return targetLogProbs(tf.reshape(rows, [targets.size, this.logits.size]), targets);
    });
  }

  /** log π of every action. */
  now(): number[] {
    return logSoftmax(Array.from(this.logits.dataSync()));
  }
}

export function drawFrom(logProbs: readonly number[], random: Random): number {
  let rest = random.uniform();
  for (const [action, logProb] of logProbs.entries()) {
    rest -= Math.exp(logProb);
    if (rest < 0) return action;
  }
  return logProbs.length - 1;
}
