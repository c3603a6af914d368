// Passes of clipped updates over scored samples.

import { z } from 'zod';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import type { LanguageModelActor } from '../ppo/actor-critic.ts';
import { average } from '../ppo/statistics.ts';
import { ADAM_BETAS } from '../ppo/world.ts';
import { optimizerPart, orderPart, randomPart, valuePart, weightsPart } from '../progress/parts.ts';
import { findSaved, goOn, saveWhenDue } from '../progress/progress.ts';
import { Figure, Figures, type Units } from '../progress/units.ts';
import type { GradientExperience } from '../reinforce/advantages.ts';
import { updateMetrics } from '../reinforce/run-policy-gradient.ts';
import { PolicyGradientUpdater } from '../reinforce/updater.ts';
import { cosineToTenth } from '../step-control.ts';
import type { TrainOnlineOptions } from './types.ts';

/** Clipping and the refusal of stale samples bound what an update can do. */
const NO_LIMIT = 1e30;

interface PassWork {
  readonly actor: LanguageModelActor;
  readonly pause: () => Promise<void>;
  readonly units: Units;
}

const Course = z.object({
  /** The last update's metrics. */
  final: Figures,
  /** Approximate KL of the updates of the pass under way. */
  kls: z.array(Figure),
  passes: z.number().int(),
  isOver: z.boolean(),
});
type Course = z.infer<typeof Course>;

/** Updates in place, until the passes are made or one has moved the policy too far. */
export async function passOver(
  experience: readonly GradientExperience[],
  { config, seed }: Pick<TrainOnlineOptions, 'config' | 'seed'>,
  { actor, pause, units }: PassWork,
) {
  const actorOptimizer = new AdamW(actor.params, { ...ADAM_BETAS, maxGradNorm: config.maxGradNorm });
  const { clipRange } = config;
  const updater = new PolicyGradientUpdater({
    actor,
    actorOptimizer,
    objective: { surrogate: 'clipped', ratio: 'token', clipRange, clipRangeHigh: clipRange, klInLoss: 'k2' },
    aggregation: 'tokens',
    maxTokens: 1,
    maxRatio: NO_LIMIT,
  });
  const totalSteps = Math.ceil(experience.length / config.batchSamples) * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  const random = new Random(seed);
  const order = new ShuffledItems(experience, random);
  let course: Course = { final: {}, kls: [], passes: 0, isOver: false };
  const parts = {
    policy: weightsPart(actor.params),
    adam: optimizerPart(actorOptimizer, actor.params),
    random: randomPart(random),
    order: orderPart(order),
    course: valuePart(Course, { read: () => course, place: (saved) => (course = saved) }),
  };
  const progress = units.within();
  try {
    let steps = goOn(progress, await findSaved(progress), parts);
    while (!course.isOver) {
      await pause();
      const minibatch = order.nextOfPass(config.batchSamples);
      const learningRate = config.learningRate * cosineToTenth(steps, totalSteps, warmupSteps);
      steps += 1;
      const metrics = updater.update(minibatch, {
        learningRate,
        criticLearningRate: 0,
        klCoefficient: config.klCoefficient,
        iteration: steps,
      });
      const final = { ...updateMetrics([metrics], minibatch), learning_rate: learningRate };
      const kls = [...course.kls, metrics.approxKl];
      course = { ...course, final, kls };
      if (order.left.length === 0) course = afterPass(course, config);
      units.tell(steps, totalSteps, final);
      await saveWhenDue(progress, steps, parts);
    }
    return { steps, passes: course.passes, final: course.final };
  } finally {
    actorOptimizer.dispose();
  }
}

/** A pass that moved the policy too far is the last one. */
function afterPass(course: Course, { epochs, stopUpdateKl }: TrainOnlineOptions['config']): Course {
  const passes = course.passes + 1;
  const isTooFar = average(course.kls, (kl) => kl) > stopUpdateKl;
  return { ...course, kls: [], passes, isOver: isTooFar || passes === epochs };
}
