import type { RoundConfig, RoundEstimate } from '@rankloop/contracts';
import {
  partsOf,
  UNKNOWN_LENGTHS,
  type RoundPart,
  type RoundTexts,
  type TextLengths,
  type Work,
} from './round-work.ts';

export interface Setup {
  /** Name and threads. */
  engine: string;
  /** Of the model's files. */
  modelBytes: number;
}

/** A part of an earlier round, as it went. */
export interface MeasuredPart extends RoundPart, Setup {
  seconds: number;
  roundId: string;
}

/** What a worker has measured of this machine and engine with a model of about this size. */
export interface MachineSpeed {
  startSeconds: number;
  commandSeconds: number;
  drawTokenSeconds: number;
  learnTokenSeconds: number;
  promptTokens: number;
  /** Of outputs that may be `MEASURED_TOKENS` long. */
  outputTokens: number;
}

export const MEASURED_TOKENS = 48;

export interface EstimateRoundOptions {
  config: RoundConfig;
  texts: RoundTexts;
  setup: Setup;
  speed: MachineSpeed | null;
  /** Newest first, counted with the lengths of `lengthsOf(speed)`. */
  measured: readonly MeasuredPart[];
}

/** Older ones say less about a machine that other work shares. */
const NEWEST = 8;
/** Models whose sizes differ by less are taken to cost the same. */
const ALIKE = 1.25;
/** Forward and back, against forward alone. */
const LEARN = 3;

/**
 * How long a round would take: each part by how long that part has taken here before, else by the measured speed of this
 * machine, put right by what other parts took against it. Without either it is guessed from other parts, token by token;
 * null while nothing was measured at all.
 */
export function estimateRound(options: EstimateRoundOptions): RoundEstimate | null {
  const { config, texts, setup, speed, measured } = options;
  const costOf = (work: Work) => (speed ? secondsOf(work, speed) : tokensOf(work));
  const alike = measured.filter((one) => isAlike(one, setup));
  const rounds = new Set<string>();
  const bases = new Set<RoundEstimate['basis']>();
  let seconds = 0;
  for (const { part, work } of partsOf(config, texts, lengthsOf(speed))) {
    const known = alike.filter((one) => one.part === part && tells(one.work, work)).slice(0, NEWEST);
    for (const { roundId } of known) rounds.add(roundId);
    const points = known.map((one) => ({ cost: costOf(one.work), seconds: one.seconds }));
    if (points.length > 0) {
      seconds += predict(points, costOf(work), speed ? 1 : null);
      bases.add('rounds');
    } else if (speed) {
      seconds += part === 'start' ? speed.startSeconds : putRight(secondsOf(work, speed), alike, speed);
      if (part !== 'snapshot') bases.add('speed');
    } else {
      const guess = guessPart(options, { part, work });
      if (guess === null) return null;
      seconds += guess;
      bases.add('guess');
    }
  }
  const basis = (['guess', 'speed', 'rounds'] as const).find((one) => bases.has(one)) ?? 'guess';
  return { seconds: Math.max(1, Math.round(seconds)), basis, rounds: rounds.size };
}

export function lengthsOf(speed: MachineSpeed | null): TextLengths {
  if (!speed) return UNKNOWN_LENGTHS;
  const { promptTokens, outputTokens } = speed;
  // Outputs that filled what they were given would fill more.
  const isFilled = outputTokens > 0.9 * MEASURED_TOKENS;
  return {
    prompt: promptTokens,
    drawn: (maxNewTokens) => (isFilled ? maxNewTokens : Math.min(maxNewTokens, outputTokens)),
  };
}

function secondsOf({ draw, learn, read, commands }: Work, speed: MachineSpeed): number {
  const { commandSeconds, drawTokenSeconds, learnTokenSeconds } = speed;
  return commands * commandSeconds + draw * drawTokenSeconds + (learn + read / LEARN) * learnTokenSeconds;
}

/** What had nothing to do says nothing of what has. */
function tells(of: Work, wanted: Work): boolean {
  return tokensOf(of) > 0 || tokensOf(wanted) === 0;
}

/** Where nothing says what a token costs: what is learned goes forward and back. */
function tokensOf({ draw, learn, read }: Work): number {
  return draw + LEARN * learn + read;
}

function isAlike(one: Setup, other: Setup): boolean {
  const ratio = one.modelBytes / other.modelBytes;
  return one.engine === other.engine && ratio < ALIKE && ratio > 1 / ALIKE;
}

/**
 * What the speed says of a part, as other parts have gone against it: some take a while before their first token, which a
 * longer one does not take twice, and some machines are slower by now. Within reason.
 */
function putRight(cost: number, alike: readonly MeasuredPart[], speed: MachineSpeed): number {
  const points = alike
    .filter(({ work }) => tokensOf(work) > 0)
    .map((one) => ({ cost: secondsOf(one.work, speed), seconds: one.seconds }));
  if (points.length === 0) return cost;
  const late = Math.max(...points.map((one) => one.seconds - one.cost), 0);
  return Math.min(Math.max(predict(points, cost, 1), cost / 3), 3 * cost + late);
}

/** By the same part elsewhere or with another model, else by what a token has cost in whichever parts were measured. */
function guessPart({ measured, setup }: EstimateRoundOptions, { part, work }: RoundPart): number | null {
  const scaled = measured.map((one) => scaledTo(one, setup));
  const same = scaled.filter((one) => one.part === part && tells(one.work, work)).slice(0, NEWEST);
  const toPoint = (one: MeasuredPart) => ({ cost: tokensOf(one.work), seconds: one.seconds });
  if (same.length > 0) return predict(same.map(toPoint), tokensOf(work), null);
  const others = scaled.map(toPoint).filter(({ cost }) => cost > 0);
  const all = others.reduce((sum, { cost }) => sum + cost, 0);
  if (all === 0) return null;
  return (others.reduce((sum, one) => sum + one.seconds, 0) / all) * tokensOf(work);
}

/** A model of twice the size takes about twice as long; of another engine nothing is known. */
function scaledTo(one: MeasuredPart, { modelBytes }: Setup): MeasuredPart {
  const ratio = one.modelBytes > 0 && modelBytes > 0 ? modelBytes / one.modelBytes : 1;
  return { ...one, seconds: one.seconds * ratio };
}

/**
 * The line seconds = a + b · cost through what was measured, by least squares with a, b >= 0. With one cost alone nothing
 * tells a from b: then b is at most `usualSlope`, or a = 0 where none is known.
 */
function predict(
  known: readonly { cost: number; seconds: number }[],
  cost: number,
  usualSlope: number | null,
): number {
  const n = known.length;
  const meanCost = known.reduce((sum, one) => sum + one.cost, 0) / n;
  const meanSeconds = known.reduce((sum, one) => sum + one.seconds, 0) / n;
  const spread = known.reduce((sum, one) => sum + (one.cost - meanCost) ** 2, 0);
  const common = known.reduce((sum, one) => sum + (one.cost - meanCost) * (one.seconds - meanSeconds), 0);
  if (meanCost === 0) return meanSeconds;
  const alone = Math.min(meanSeconds / meanCost, usualSlope ?? Infinity);
  const slope = spread > 0 ? Math.max(0, common / spread) : alone;
  const constant = meanSeconds - slope * meanCost;
  if (constant >= 0) return constant + slope * cost;
  const squares = known.reduce((sum, one) => sum + one.cost ** 2, 0);
  return (known.reduce((sum, one) => sum + one.cost * one.seconds, 0) / squares) * cost;
}
