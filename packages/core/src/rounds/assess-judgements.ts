import type { FormSpec } from '@rankloop/contracts';
import type { JudgementInForce } from '../snapshots/judgements-in-force.repo.ts';
import { marksOf, thumbsOf } from '../snapshots/marks-of.ts';
import { countPairs, preferencesOf } from '../snapshots/preferences-of.ts';
import { targetsOf, type TargetSource } from '../snapshots/targets-of.ts';

/** What a round could learn from, counted. */
export interface Assessment {
  judgements: number;
  /** Pairs of outputs of which a judgement prefers one; an edited text against its original is one too. */
  usablePairs: number;
  /** Outputs of the judged tasks, each once. */
  outputs: number;
  /** Prompts with at least one usable pair. */
  prompts: number;
  people: number;
  skipped: number;
  /** The largest share of the judgements that one person gave, 0..1. */
  largestShare: number;
  newestAt: Date | null;
  /** Texts to imitate, by where they come from. */
  targets: Record<TargetSource, number>;
  thumbsUp: number;
  thumbsDown: number;
  /** Outputs that somebody gave a mark; not all of them need be our own. */
  markedOutputs: ReadonlySet<string>;
  /** The different marks that were given. */
  markValues: ReadonlySet<number>;
}

/** @param forms by the id of their version; judgements on a form that is not there have no marks */
export async function assessJudgements(
  judgements: AsyncIterable<JudgementInForce>,
  forms: ReadonlyMap<string, FormSpec>,
): Promise<Assessment> {
  const prompts = new Set<string>();
  const tasks = new Set<string>();
  const markedOutputs = new Set<string>();
  const markValues = new Set<number>();
  const byPerson = new Map<string, number>();
  const targets = { demonstration: 0, correction: 0, chosen: 0 };
  const thumbs = [0, 0];
  let [count, usablePairs, skipped, outputs] = [0, 0, 0, 0];
  let newestAt: Date | null = null;
  for await (const judgement of judgements) {
    const { completionIds } = judgement;
    count += 1;
    if (!tasks.has(judgement.taskId)) outputs += completionIds.length;
    tasks.add(judgement.taskId);
    byPerson.set(judgement.labelerId, (byPerson.get(judgement.labelerId) ?? 0) + 1);
    if (newestAt === null || judgement.createdAt > newestAt) newestAt = judgement.createdAt;
    if (judgement.outcome === 'skipped') skipped += 1;
    const { ranks, edits } = preferencesOf(judgement, completionIds);
    const pairs = countPairs(ranks ?? []) + edits.length;
    usablePairs += pairs;
    if (pairs > 0) prompts.add(judgement.promptId);
    for (const { source } of targetsOf(judgement, completionIds)) targets[source] += 1;
    const form = forms.get(judgement.formVersionId);
    for (const { value } of thumbsOf(judgement, completionIds, form))
      thumbs[value] = (thumbs[value] ?? 0) + 1;
    for (const { output, value } of marksOf(judgement, completionIds, form)) {
      markValues.add(value);
      const id = completionIds[output];
      if (id !== undefined) markedOutputs.add(id);
    }
  }
  return {
    judgements: count,
    usablePairs,
    outputs,
    prompts: prompts.size,
    people: byPerson.size,
    skipped,
    largestShare: count === 0 ? 0 : Math.max(...byPerson.values()) / count,
    newestAt,
    targets,
    thumbsUp: thumbs[1] ?? 0,
    thumbsDown: thumbs[0] ?? 0,
    markedOutputs,
    markValues,
  };
}

const FEW_PAIRS = 100;

/** What a researcher should know before starting; none of it stands in the way. */
export function findWarnings(assessment: Assessment, newSinceLastRound: number | null): string[] {
  const { judgements, people, largestShare, usablePairs, skipped } = assessment;
  if (judgements === 0) return [];
  const warnings: string[] = [];
  if (people === 1) warnings.push('All judgements come from one person.');
  else if (largestShare > 1 / 3)
    warnings.push(`${percent(largestShare)} of judgements come from one person.`);
  if (usablePairs > 0 && usablePairs < FEW_PAIRS) {
    warnings.push(`Only ${usablePairs} pairs: the reward model will be hardly better than guessing.`);
  }
  if (skipped / judgements > 0.2) warnings.push(`${percent(skipped / judgements)} of tasks were skipped.`);
  if (newSinceLastRound === 0) warnings.push('Nothing was judged since the last round.');
  return warnings;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
