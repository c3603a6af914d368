import {
  lastMade,
  type RecipeName,
  type RoundConfig,
  type RoundEstimate,
  type StageSpec,
} from '@rankloop/contracts';

/** What a round spends time on: its recipes, its own stations, and getting ready. */
export type PartName = RecipeName | 'start' | 'snapshot' | 'sample' | 'queue';

export interface RoundPart {
  part: PartName;
  /** Roughly the tokens that pass through the model; only parts of one name are compared by it. */
  work: number;
}

export interface Setup {
  /** Name and threads. */
  engine: string;
  /** Of the model's files. */
  modelBytes: number;
}

/** A part of an earlier round, as it went. */
export interface MeasuredPart extends RoundPart, Setup {
  seconds: number;
}

export interface EstimateRoundOptions {
  config: RoundConfig;
  judgements: number;
  setup: Setup;
  /** Newest first. */
  measured: readonly MeasuredPart[];
}

/** Older ones say less about a machine that other work shares. */
const NEWEST = 8;
/** Models whose sizes differ by less are taken to cost the same. */
const ALIKE = 1.25;

/**
 * How long a round would take: each part by how long that part has taken here before. One that never ran is guessed from
 * the others, token by token; null while nothing was measured at all.
 */
export function estimateRound(options: EstimateRoundOptions): RoundEstimate | null {
  const { config, judgements, setup, measured } = options;
  let [seconds, isMeasured] = [0, true];
  for (const { part, work } of partsOf(config, judgements)) {
    const all = measured.filter((one) => one.part === part);
    const alike = all.filter((one) => isAlike(one, setup));
    const known = (alike.length > 0 ? alike : all.map((one) => scaledTo(one, setup))).slice(0, NEWEST);
    const guess = known.length > 0 ? predict(known, work) : guessFromOthers(options, work);
    if (guess === null) return null;
    seconds += guess;
    isMeasured &&= alike.length > 0;
  }
  return { seconds: Math.max(1, Math.round(seconds)), isMeasured };
}

/** The parts of a round with their work, in the order of its stations. */
export function partsOf(config: RoundConfig, judgements: number): RoundPart[] {
  const { stages, sampling, outputsPerTask, newTasks, comparePrompts } = config;
  const compares = lastMade(stages, 'policy') !== undefined;
  return [
    { part: 'start', work: 1 },
    { part: 'snapshot', work: judgements },
    ...stages.map((stage) => ({
      part: stage.recipe,
      work: workOfStage(stage, { judgements, sampledTokens: sampling.maxNewTokens }),
    })),
    ...(compares ? [{ part: 'sample' as const, work: comparePrompts * sampling.maxNewTokens }] : []),
    { part: 'queue', work: newTasks * outputsPerTask * sampling.maxNewTokens },
  ];
}

function isAlike(one: Setup, other: Setup): boolean {
  const ratio = one.modelBytes / other.modelBytes;
  return one.engine === other.engine && ratio < ALIKE && ratio > 1 / ALIKE;
}

/** A model of twice the size takes about twice as long; of another engine nothing is known. */
function scaledTo(one: MeasuredPart, { modelBytes }: Setup): MeasuredPart {
  const ratio = one.modelBytes > 0 && modelBytes > 0 ? modelBytes / one.modelBytes : 1;
  return { ...one, seconds: one.seconds * ratio };
}

/** By what a token has cost in whichever parts were measured. It differs between recipes: no more than a guess. */
function guessFromOthers({ measured, setup }: EstimateRoundOptions, work: number): number | null {
  const others = measured
    .filter(({ part }) => part !== 'start' && part !== 'snapshot')
    .map((one) => scaledTo(one, setup));
  const allWork = others.reduce((sum, one) => sum + one.work, 0);
  if (allWork === 0) return null;
  return (others.reduce((sum, one) => sum + one.seconds, 0) / allWork) * work;
}

/**
 * The line seconds = a + b · work through what was measured, by least squares with a, b >= 0. With one amount of work
 * alone nothing tells a from b: then a = 0.
 */
function predict(known: readonly MeasuredPart[], work: number): number {
  const n = known.length;
  const meanWork = known.reduce((sum, one) => sum + one.work, 0) / n;
  const meanSeconds = known.reduce((sum, one) => sum + one.seconds, 0) / n;
  const spread = known.reduce((sum, one) => sum + (one.work - meanWork) ** 2, 0);
  const common = known.reduce((sum, one) => sum + (one.work - meanWork) * (one.seconds - meanSeconds), 0);
  if (meanWork === 0) return meanSeconds;
  const slope = spread > 0 ? Math.max(0, common / spread) : meanSeconds / meanWork;
  const constant = meanSeconds - slope * meanWork;
  if (constant >= 0) return constant + slope * work;
  const squares = known.reduce((sum, one) => sum + one.work ** 2, 0);
  return (known.reduce((sum, one) => sum + one.work * one.seconds, 0) / squares) * work;
}

/** Tokens of a judgement's outputs, about; it cancels out but beside the draws of the same stage. */
const TOKENS_PER_JUDGEMENT = 200;
/** A token that is learned from goes forward and back; one that is drawn goes forward. */
const LEARN = 3;

interface Given {
  judgements: number;
  sampledTokens: number;
}

function workOfStage({ recipe, config }: StageSpec, { judgements, sampledTokens }: Given): number {
  const learned = judgements * TOKENS_PER_JUDGEMENT * LEARN;
  switch (recipe) {
    case 'sft':
    case 'dpo':
    case 'kto':
    case 'online':
      return config.epochs * learned;
    case 'reward':
      return (
        (config.ensemble === 'members' ? config.members : 1) * config.epochs * learned +
        config.normalisationSamples * sampledTokens
      );
    case 'ppo': {
      const drawn = config.episodesPerIteration * config.maxNewTokens;
      const mixedIn = config.ptxCoefficient > 0 ? LEARN * config.ptxWindows * config.ptxWindowTokens : 0;
      return config.iterations * (drawn * (1 + LEARN * config.innerEpochs) + mixedIn);
    }
    case 'reinforce': {
      const drawn = config.promptsPerIteration * config.outputsPerPrompt * config.maxNewTokens;
      return config.iterations * drawn * (1 + LEARN * config.innerEpochs);
    }
    case 'rso': {
      if (config.mode === 'direct') return config.epochs * learned;
      const drawn = config.prompts * config.candidates * config.maxNewTokens;
      return drawn + LEARN * config.epochs * config.prompts * config.kept * config.maxNewTokens;
    }
    case 'raft': {
      const drawn = config.prompts * config.candidates * config.maxNewTokens;
      return config.iterations * (drawn + LEARN * config.epochs * config.prompts * config.maxNewTokens);
    }
    case 'rest': {
      const drawn = config.prompts * config.candidates * config.maxNewTokens;
      return config.growSteps * (drawn + LEARN * config.epochs * config.improveSteps * drawn);
    }
    case 'best-of-n': {
      if (config.serve) return config.n * config.maxNewTokens;
      return config.prompts * config.maxNewTokens * (config.n + LEARN * config.epochs);
    }
  }
}
