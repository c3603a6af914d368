import { REWARD_SETTINGS, type RoundConfig, type StageSpec } from '@rankloop/contracts';
import {
  findDrawnOutputs,
  readForms,
  renderPrompt,
  type DrawnOutput,
  type SnapshotLine,
  type TargetSource,
} from '@rankloop/core';
import type { PrismaClient } from '@rankloop/db';
import { splitByPrompt } from '@rankloop/rl';
import { Preferences } from './preferences.ts';
import { ScoredSamples } from './scored-samples.ts';
import { Texts } from './texts.ts';
import { Thumbs } from './thumbs.ts';

/** What the judgements of a round's snapshot give its stages to learn from. */
export interface RoundData {
  readonly preferences: Preferences;
  readonly texts: Texts;
  readonly thumbs: Thumbs;
  readonly scored: ScoredSamples;
  readonly drawn: ReadonlyMap<string, DrawnOutput>;
  /** Prompts that any stage learns from. */
  readonly judged: ReadonlySet<string>;
  /** Tasks that any stage learns from. */
  readonly tasks: number;
  /** Prompts that no stage learns from: their judgements only measure. */
  readonly heldOutTexts: ReadonlySet<string>;
}

/** Reads the lines once, and keeps what the stages need. */
export async function readRoundData(options: {
  prisma: PrismaClient;
  projectId: string;
  lines: AsyncIterable<SnapshotLine>;
  config: Pick<RoundConfig, 'stages' | 'seed'>;
}): Promise<RoundData> {
  const { prisma, projectId, lines, config } = options;
  const { stages } = config;
  const forms = await readForms(prisma, projectId);
  const preferences = new Preferences({
    ratingForms: stages.some(learnsRatings) ? forms : undefined,
    withTies: stages.some(learnsTies),
  });
  const texts = new Texts(stages.flatMap(sourcesOf));
  const thumbs = new Thumbs(forms);
  const scored = new ScoredSamples(forms);
  const kinds = [
    { isNeeded: stages.some(learnsPreferences), collector: preferences },
    { isNeeded: stages.some(({ recipe }) => recipe === 'sft'), collector: texts },
    { isNeeded: stages.some(({ recipe }) => recipe === 'kto'), collector: thumbs },
    { isNeeded: stages.some(({ recipe }) => recipe === 'online'), collector: scored },
  ].filter(({ isNeeded }) => isNeeded);

  const judged = new Map<string, { promptText: string }>();
  const tasks = new Set<string>();
  for await (const line of lines) {
    // Every collector looks at every line.
    const isUsed = kinds.map(({ collector }) => collector.add(line)).includes(true);
    if (!isUsed) continue;
    judged.set(line.promptId, { promptText: renderPrompt(line.conversation) });
    tasks.add(line.taskId);
  }
  // One split for all stages: a policy that has learned a prompt's judgements would carry them into the reward model
  // that starts from it.
  const { heldOut } = splitByPrompt([...judged.values()], {
    heldOutFraction: heldOutFractionOf(stages),
    seed: config.seed,
  });
  return {
    preferences,
    texts,
    thumbs,
    scored,
    drawn: await findDrawnOutputs(prisma, scored.completionIds),
    judged: new Set(judged.keys()),
    tasks: tasks.size,
    heldOutTexts: new Set(heldOut.map(({ promptText }) => promptText)),
  };
}

export function splitHeldOut<Item extends { promptText: string }>(
  { heldOutTexts }: Pick<RoundData, 'heldOutTexts'>,
  items: readonly Item[],
): { train: Item[]; heldOut: Item[] } {
  const isHeldOut = ({ promptText }: Item) => heldOutTexts.has(promptText);
  return { train: items.filter((item) => !isHeldOut(item)), heldOut: items.filter(isHeldOut) };
}

function learnsPreferences(stage: StageSpec): boolean {
  return stage.recipe === 'reward' || stage.recipe === 'dpo' || stage.recipe === 'rso';
}

function learnsRatings(stage: StageSpec): boolean {
  return stage.recipe === 'reward' && stage.config.objective === 'regression';
}

function learnsTies(stage: StageSpec): boolean {
  return stage.recipe === 'reward' && stage.config.ties === 'half';
}

/** Where a stage of the config switches a source of texts on. */
export function sourcesOf(stage: StageSpec): TargetSource[] {
  if (stage.recipe !== 'sft') return [];
  const { demonstrations, corrections, chosen } = stage.config;
  return [
    ...(demonstrations ? (['demonstration'] as const) : []),
    ...(corrections ? (['correction'] as const) : []),
    ...(chosen ? (['chosen'] as const) : []),
  ];
}

/** The largest that a reward model of the round asks for. */
function heldOutFractionOf(stages: readonly StageSpec[]): number {
  const asked = stages.flatMap((stage) => (stage.recipe === 'reward' ? [stage.config.heldOutFraction] : []));
  return asked.length > 0 ? Math.max(...asked) : REWARD_SETTINGS.heldOutFraction.default;
}
