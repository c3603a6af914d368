import type { RoundConfig, StageOf, StageSpec } from '@rankloop/contracts';
import type { Assessment } from './assess-judgements.ts';

export interface Supplies {
  assessment: Assessment;
  /** Marked outputs that a checkpoint of ours drew, with their log-probabilities. */
  drawnMarks: number;
  hasPolicy: boolean;
  /** Names of the project's text corpora. */
  corpora: readonly string[];
  /** Of the project, for the command in a sentence. */
  slug: string;
}

/** What stands in the way of a round with these stages, as sentences that say what to do. */
export function findBlockers(supplies: Supplies, { stages }: Pick<RoundConfig, 'stages'>): string[] {
  const blockers: string[] = [];
  if (!supplies.hasPolicy) {
    blockers.push(
      `There is no policy to improve yet. Add a base model: npm run rankloop -- model add <folder> --project ${supplies.slug}`,
    );
  }
  if (supplies.assessment.judgements === 0) {
    blockers.push('There are no judgements yet. Let people judge some outputs first.');
    return blockers;
  }
  // Several stages may lack the same.
  const missing = new Set(stages.flatMap((stage) => findMissing(stage, supplies)));
  return [...blockers, ...missing];
}

function findMissing(stage: StageSpec, supplies: Supplies): string[] {
  const { assessment } = supplies;
  switch (stage.recipe) {
    case 'reward':
      if (stage.config.objective === 'regression') return findMissingMarks(stage, assessment);
      return findMissingPairs(assessment);
    case 'dpo':
      return findMissingPairs(assessment);
    case 'rso':
      return stage.config.mode === 'direct' ? findMissingPairs(assessment) : [];
    case 'sft':
      return findMissingTargets(stage, assessment);
    case 'kto':
      return findMissingThumbs(stage, assessment);
    case 'online':
      return supplies.drawnMarks > 0
        ? []
        : [
            `"${stage.name}" learns from people's ratings of outputs that a round of this project drew, and there are none. Ask for ratings in the project's form and let people rate the newest outputs.`,
          ];
    case 'ppo':
      return findMissingCorpus(stage, supplies);
    default:
      return [];
  }
}

function findMissingPairs({ usablePairs, prompts }: Assessment): string[] {
  if (usablePairs === 0)
    return ['No judgement prefers one output over another: all are ties, skips or without an order.'];
  if (prompts < 2) {
    return [
      'All usable judgements are about one prompt. At least two are needed: some prompts are kept back to check the reward model.',
    ];
  }
  return [];
}

function findMissingThumbs({ name }: StageSpec, { thumbsUp, thumbsDown }: Assessment): string[] {
  if (thumbsUp > 0 && thumbsDown > 0) return [];
  if (thumbsUp + thumbsDown > 0) {
    const all = thumbsUp > 0 ? 'up' : 'down';
    return [
      `"${name}" learns from thumbs up and down, and all of them are ${all}. Ask people for both: one kind alone does not tell good from bad.`,
    ];
  }
  return [
    `"${name}" learns from thumbs up and down, and nobody gave any. Ask for a rating with thumbs in the project's form.`,
  ];
}

function findMissingMarks({ name }: StageSpec, { markedOutputs, markValues }: Assessment): string[] {
  if (markValues.size > 1) return [];
  if (markedOutputs.size > 0)
    return [
      `"${name}" learns from ratings, and all of them are the same. Ask people to use the whole scale.`,
    ];
  return [
    `"${name}" learns from ratings, and nobody gave any. Ask for ratings in the project's form, or choose another objective.`,
  ];
}

function findMissingTargets({ name, config }: StageOf<'sft'>, { targets }: Assessment): string[] {
  const sources = [
    { isOn: config.demonstrations, count: targets.demonstration, called: 'demonstrations' },
    { isOn: config.corrections, count: targets.correction, called: 'corrections' },
    { isOn: config.chosen, count: targets.chosen, called: 'outputs ranked first' },
  ].filter(({ isOn }) => isOn);
  if (sources.some(({ count }) => count > 0)) return [];
  const asked = sources.map(({ called }) => called).join(' or ');
  return [
    `"${name}" learns from ${asked}, and there are none. Ask people for them, or switch on another source in its settings.`,
  ];
}

function findMissingCorpus(
  { name, config, corpus }: StageOf<'ppo'>,
  { corpora, slug }: Pick<Supplies, 'corpora' | 'slug'>,
): string[] {
  if (config.ptxCoefficient === 0) return [];
  if (corpus !== undefined && corpora.includes(corpus)) return [];
  if (corpus === undefined && corpora.length > 0) return [];
  const called = corpus === undefined ? '' : ` called ${corpus}`;
  return [
    `"${name}" mixes in pretraining text, and the project has no corpus${called}. Add one: npm run rankloop -- corpus add ${slug} <file>. Or set the pretraining mix to 0.`,
  ];
}
