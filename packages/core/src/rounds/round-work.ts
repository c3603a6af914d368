import { lastMade, type RecipeName, type RoundConfig, type StageSpec } from '@rankloop/contracts';

/** What a round spends time on: its recipes, its own stations, and getting ready. */
export type PartName = RecipeName | 'start' | 'snapshot' | 'sample' | 'queue';

/** Tokens that pass through a model, about, and how often a model is read for it. */
export interface Work {
  /** Drawn one after the other. */
  draw: number;
  /** Forward and back. */
  learn: number;
  /** Forward: scores, log-probabilities. */
  read: number;
  commands: number;
}

export interface RoundPart {
  part: PartName;
  work: Work;
}

/** What there is to learn from. */
export interface RoundTexts {
  judgements: number;
  /** That were judged, each once. */
  outputs: number;
  /** Of which a judgement prefers one. */
  pairs: number;
  /** To imitate. */
  targets: number;
}

/** How long texts are, in tokens of the model. */
export interface TextLengths {
  prompt: number;
  /** Of an output that may be at most this long. */
  drawn: (maxNewTokens: number) => number;
}

/** Before anything was measured: an output ends where it has to. */
export const UNKNOWN_LENGTHS: TextLengths = { prompt: 30, drawn: (maxNewTokens) => maxNewTokens };

/** Of the judged texts some are held out: they are only read. */
const HELD_OUT = 0.2;
/** Texts are scored, and their log-probabilities taken by the old policy, the reference and, where there is one, the critic. */
const READS_PER_EPISODE = { ppo: 4, reinforce: 3 } as const;

const NONE: Work = { draw: 0, learn: 0, read: 0, commands: 0 };

/** The parts of a round with their work, in the order of its stations. */
export function partsOf(
  config: RoundConfig,
  texts: RoundTexts,
  lengths: TextLengths = UNKNOWN_LENGTHS,
): RoundPart[] {
  const { stages, sampling, outputsPerTask, newTasks, comparePrompts } = config;
  const compares = lastMade(stages, 'policy') !== undefined;
  const drawn = lengths.drawn(sampling.maxNewTokens);
  const scores = lastMade(stages, 'reward') === undefined ? 0 : 1;
  return [
    { part: 'start', work: NONE },
    { part: 'snapshot', work: NONE },
    ...stages.map((stage) => ({ part: stage.recipe, work: workOf(stage, config, texts, lengths) })),
    ...(compares
      ? [
          {
            part: 'sample' as const,
            // The base and the new policy; one between them in later rounds.
            work: {
              draw: 2 * comparePrompts * drawn,
              learn: 0,
              read: 2 * scores * comparePrompts * (lengths.prompt + drawn),
              commands: 2 + 2 * scores,
            },
          },
        ]
      : []),
    {
      part: 'queue',
      // A round without a new policy has nothing to draw from.
      work: compares ? { ...NONE, draw: newTasks * outputsPerTask * drawn, commands: 1 } : NONE,
    },
  ];
}

function workOf(
  stage: StageSpec,
  { sampling }: RoundConfig,
  { outputs, pairs, targets }: RoundTexts,
  { prompt, drawn }: TextLengths,
): Work {
  const text = prompt + drawn(sampling.maxNewTokens);
  const learnsFrom = (texts: number, epochs: number, references = 0): Work => ({
    draw: 0,
    learn: (1 - HELD_OUT) * epochs * texts * text,
    read: (HELD_OUT * epochs + references) * texts * text,
    commands: 1,
  });
  switch (stage.recipe) {
    case 'sft':
      return learnsFrom(targets, stage.config.epochs);
    case 'dpo':
      return learnsFrom(2 * pairs, stage.config.epochs, 1);
    case 'kto':
      return learnsFrom(outputs, stage.config.epochs, 1);
    case 'online':
      return learnsFrom(outputs, stage.config.epochs, 1);
    case 'reward': {
      const { ensemble, members, epochs, normalisationSamples } = stage.config;
      const models = ensemble === 'members' ? members : 1;
      const learned = learnsFrom(models * outputs, epochs);
      return {
        ...learned,
        draw: normalisationSamples * drawn(sampling.maxNewTokens),
        read: learned.read + models * normalisationSamples * text,
        commands: models + 1,
      };
    }
    case 'ppo': {
      const { iterations, episodesPerIteration, innerEpochs, maxNewTokens, form, ...config } = stage.config;
      const mixedIn = config.ptxCoefficient > 0 ? iterations * config.ptxWindows * config.ptxWindowTokens : 0;
      return improves('ppo', {
        episodes: iterations * episodesPerIteration + liveSamples(iterations, config),
        passes: innerEpochs * (form === 'simple' ? 1 : 2),
        prompt,
        drawn: drawn(maxNewTokens),
        mixedIn,
      });
    }
    case 'reinforce': {
      const { iterations, promptsPerIteration, outputsPerPrompt, innerEpochs, maxNewTokens, ...config } =
        stage.config;
      return improves('reinforce', {
        episodes: iterations * promptsPerIteration * outputsPerPrompt + liveSamples(iterations, config),
        passes: innerEpochs,
        prompt,
        drawn: drawn(maxNewTokens),
        mixedIn: 0,
      });
    }
    case 'rso': {
      const { mode, epochs, prompts, candidates, kept, maxNewTokens } = stage.config;
      if (mode === 'direct') return learnsFrom(2 * pairs, epochs, 1);
      return chooses({ drawn: prompts * candidates, learned: epochs * prompts * kept, maxNewTokens });
    }
    case 'raft': {
      const { iterations, epochs, prompts, candidates, maxNewTokens } = stage.config;
      return chooses({
        drawn: iterations * prompts * candidates,
        learned: iterations * epochs * prompts,
        maxNewTokens,
      });
    }
    case 'rest': {
      const { growSteps, improveSteps, epochs, prompts, candidates, maxNewTokens } = stage.config;
      const all = growSteps * prompts * candidates;
      // Rising thresholds leave about half of what was drawn.
      return chooses({ drawn: all, learned: (epochs * improveSteps * all) / 2, maxNewTokens });
    }
    case 'best-of-n': {
      const { serve, n, prompts, epochs, maxNewTokens } = stage.config;
      if (serve) return { ...NONE, commands: 1 };
      return chooses({ drawn: n * prompts, learned: epochs * prompts, maxNewTokens });
    }
  }

  /** Draws candidates, scores them, and learns some of them. */
  function chooses(of: { drawn: number; learned: number; maxNewTokens: number }): Work {
    const length = prompt + drawn(of.maxNewTokens);
    return {
      draw: of.drawn * drawn(of.maxNewTokens),
      learn: of.learned * length,
      read: of.drawn * length,
      commands: 3,
    };
  }
}

function improves(
  recipe: 'ppo' | 'reinforce',
  of: { episodes: number; passes: number; prompt: number; drawn: number; mixedIn: number },
): Work {
  const tokens = of.episodes * (of.prompt + of.drawn);
  return {
    draw: of.episodes * of.drawn,
    learn: of.passes * tokens + of.mixedIn,
    read: READS_PER_EPISODE[recipe] * tokens,
    commands: 3,
  };
}

/** Outputs that the page follows while the policy learns. */
function liveSamples(
  iterations: number,
  { sampleEvery, samplePrompts }: { sampleEvery: number; samplePrompts: number },
): number {
  return (1 + Math.floor(iterations / sampleEvery)) * samplePrompts;
}
