// From outcomes to one line per method: against the base, against its random twin, over the seeds of a world.

import type { Outcome } from './attempt.ts';
import { holm, overSeeds, type SeedInterval } from './statistics.ts';

export interface MethodLine {
  world: string;
  method: string;
  /** Percent above 50: how often the reward model prefers the method's output to the base's. */
  proxyOverBase: SeedInterval;
  /** The same by the gold. */
  goldOverBase: SeedInterval;
  /** Percent: gold win rate of the method less its twin's, seed by seed. */
  goldOverTwin: SeedInterval;
  /** Nats an output. */
  kl: SeedInterval;
  words: number;
  /** Nats a token lost on held-out notes. */
  forgotten: SeedInterval;
  diverged: number;
  /** After Holm, over all methods and both comparisons of the world. */
  adjusted: { overBase: number; overTwin: number };
}

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** Methods in the order in which they occur; a seed counts where both arms have a result. */
export function compareMethods(outcomes: readonly Outcome[]): MethodLine[] {
  const worlds = [...new Set(outcomes.map(({ world }) => world))];
  return worlds.flatMap((world) =>
    compareIn(
      world,
      outcomes.filter((outcome) => outcome.world === world),
    ),
  );
}

function compareIn(world: string, outcomes: readonly Outcome[]): MethodLine[] {
  const methods = [...new Set(outcomes.map(({ method }) => method))];
  const lines = methods.map((method) => {
    const pairs = pairArms(outcomes.filter((outcome) => outcome.method === method));
    const own = pairs.map(({ ours }) => ours.figures);
    return {
      world,
      method,
      proxyOverBase: overSeeds(own.map(({ proxyWin }) => proxyWin - 50)),
      goldOverBase: overSeeds(own.map(({ goldWin }) => goldWin - 50)),
      goldOverTwin: overSeeds(pairs.map(({ ours, twin }) => ours.figures.goldWin - twin.figures.goldWin)),
      kl: overSeeds(own.map(({ kl }) => kl)),
      words: mean(own.map(({ words }) => words)),
      forgotten: overSeeds(own.map(({ forgotten }) => forgotten)),
      diverged: pairs.filter(({ ours }) => ours.diverged !== null).length,
    };
  });
  const adjusted = holm(
    lines.flatMap(({ goldOverBase, goldOverTwin }) => [goldOverBase.pValue, goldOverTwin.pValue]),
  );
  return lines.map((line, i) => ({
    ...line,
    adjusted: { overBase: adjusted[2 * i] ?? 1, overTwin: adjusted[2 * i + 1] ?? 1 },
  }));
}

/** The two arms of each seed. */
export function pairArms(outcomes: readonly Outcome[]): { ours: Outcome; twin: Outcome }[] {
  return outcomes.flatMap((ours) => {
    const twin = outcomes.find(({ arm, seed }) => arm === 'twin' && seed === ours.seed);
    return ours.arm === 'true' && twin !== undefined ? [{ ours, twin }] : [];
  });
}

/** What PPO forgot of the notes less what PPO-ptx forgot, nats a token, seed by seed; above 0 is what ptx is for. */
export function savedByPtx(outcomes: readonly Outcome[]): SeedInterval {
  const forgotten = (method: string, seed: number) =>
    outcomes.find((outcome) => outcome.method === method && outcome.seed === seed && outcome.arm === 'true')
      ?.figures.forgotten ?? NaN;
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))];
  return overSeeds(seeds.map((seed) => forgotten('ppo', seed) - forgotten('ppo-ptx', seed)));
}
