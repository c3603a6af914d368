import type { CheckpointLineage, LabelerLineage, LineageReport, LineageStep } from '@rankloop/contracts';
import { counted } from './in-words.ts';

/** What learned from a judgement or a labeler. */
export function taughtInWords({
  snapshots,
  snapshotCount,
  taught,
  taughtCount,
}: Pick<LabelerLineage, 'snapshots' | 'snapshotCount' | 'taught' | 'taughtCount'>): string {
  if (snapshots.length === 0) return 'In no snapshot, so nothing has learned from it.';
  return [
    ...snapshots.map(
      ({ name, hash, of, judgements }) =>
        `snapshot  ${name}  ${hash}  ${of} of ${counted(judgements, 'judgement')}`,
    ),
    ...restInWords(snapshots, snapshotCount, 'snapshot'),
    ...taught.map(({ checkpoint, isDirect, judgements }) => {
      const how = isDirect ? counted(judgements, 'judgement') : 'through what it was made of';
      return `${checkpoint.kind.padEnd(8)}  ${checkpoint.name}  ${how}${checkpoint.isCurrent ? '  in use' : ''}`;
    }),
    ...restInWords(taught, taughtCount, 'checkpoint'),
    ...(taught.length === 0 ? ['No checkpoint has learned from them.'] : []),
  ].join('\n');
}

export function lineageInWords({ steps, labelers }: CheckpointLineage): string {
  const nameOf = new Map(steps.items.map(({ checkpoint }) => [checkpoint.id, checkpoint.name]));
  return [
    ...steps.items.flatMap((step) => stepInWords(step, nameOf)),
    ...restInWords(steps.items, steps.count, 'checkpoint'),
    `Labelers: ${labelers.count === 0 ? 'none' : labelers.count}`,
    ...labelers.items.map(
      ({ pseudonym, judgements, leases, isExcluded }) =>
        `  ${pseudonym}  ${counted(judgements, 'judgement')} by ${counted(leases, 'lease')}${isExcluded ? ', left out of later snapshots' : ''}`,
    ),
    ...restInWords(labelers.items, labelers.count, 'labeler'),
  ].join('\n');
}

function restInWords(shown: readonly unknown[], all: number, what: string): string[] {
  const rest = all - shown.length;
  return rest > 0 ? [`... and ${counted(rest, what)} more; --all lists them`] : [];
}

function stepInWords(step: LineageStep, nameOf: ReadonlyMap<string, string>): string[] {
  const { checkpoint, madeOf, round, stages, snapshot } = step;
  const { name, kind, manifestHash, isCurrent, prunedAt } = checkpoint;
  const marks = `${isCurrent ? ', in use' : ''}${prunedAt === null ? '' : ', files deleted'}`;
  const path = stages.map((stage) => `${stage.name} (${stage.recipe})`).join(' -> ');
  return [
    `${name}: ${kind}${marks}`,
    `  files    ${manifestHash}`,
    ...(round
      ? [`  stages   ${path || 'not known'}, of round ${round.number} (${round.state})`]
      : ['  from outside']),
    ...(snapshot
      ? [`  data     ${snapshot.hash}  ${counted(snapshot.judgements, 'judgement')}: ${snapshot.name}`]
      : []),
    ...(madeOf.length > 0 ? [`  made of  ${madeOf.map((id) => nameOf.get(id) ?? id).join(', ')}`] : []),
  ];
}

export function reportInWords({ matches, checks }: LineageReport): string {
  const wrong = checks.filter((check) => check.matches === false).length;
  return [
    ...checks.map(({ what, subject, matches: isWhole, detail }) => {
      const mark = isWhole === null ? 'unknown' : isWhole ? 'matches' : 'DIFFERS';
      return `${mark}  ${what.padEnd(8)}  ${subject}: ${detail}`;
    }),
    matches ? 'Everything that has a hash matches it.' : `${counted(wrong, 'check')} failed.`,
  ].join('\n');
}
