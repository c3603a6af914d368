import type { JudgementInForce } from '../snapshots/judgements-in-force.repo.ts';
import { countPairs, preferencesOf } from '../snapshots/preferences-of.ts';

/** What a round could learn from, counted. */
export interface Assessment {
  judgements: number;
  /** Pairs of outputs of which a judgement prefers one; an edited text against its original is one too. */
  usablePairs: number;
  /** Prompts with at least one usable pair. */
  prompts: number;
  people: number;
  skipped: number;
  /** The largest share of the judgements that one person gave, 0..1. */
  largestShare: number;
  newestAt: Date | null;
}

export async function assessJudgements(judgements: AsyncIterable<JudgementInForce>): Promise<Assessment> {
  const prompts = new Set<string>();
  const byPerson = new Map<string, number>();
  let [count, usablePairs, skipped] = [0, 0, 0];
  let newestAt: Date | null = null;
  for await (const judgement of judgements) {
    count += 1;
    byPerson.set(judgement.labelerId, (byPerson.get(judgement.labelerId) ?? 0) + 1);
    if (newestAt === null || judgement.createdAt > newestAt) newestAt = judgement.createdAt;
    if (judgement.outcome === 'skipped') skipped += 1;
    const { ranks, edits } = preferencesOf(judgement, judgement.completionIds);
    const pairs = countPairs(ranks ?? []) + edits.length;
    usablePairs += pairs;
    if (pairs > 0) prompts.add(judgement.promptId);
  }
  return {
    judgements: count,
    usablePairs,
    prompts: prompts.size,
    people: byPerson.size,
    skipped,
    largestShare: count === 0 ? 0 : Math.max(...byPerson.values()) / count,
    newestAt,
  };
}

/** What stands in the way of a round, as sentences that say what to do. */
export function findBlockers(
  assessment: Assessment,
  project: { slug: string; hasPolicy: boolean },
): string[] {
  const blockers: string[] = [];
  if (!project.hasPolicy) {
    blockers.push(
      `There is no policy to improve yet. Add a base model: npm run rankloop -- model add <folder> --project ${project.slug}`,
    );
  }
  if (assessment.judgements === 0) {
    blockers.push('There are no judgements yet. Let people judge some outputs first.');
  } else if (assessment.usablePairs === 0) {
    blockers.push('No judgement prefers one output over another: all are ties, skips or without an order.');
  } else if (assessment.prompts < 2) {
    blockers.push(
      'All usable judgements are about one prompt. At least two are needed: some prompts are kept back to check the reward model.',
    );
  }
  return blockers;
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
