import type { CheckpointRow } from '@rankloop/contracts';
import { z } from 'zod';
import { counted, measured, percentInterval } from '../../lib/format.ts';

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
/** What a round keeps with a policy; `final` is its last iteration. */
const PolicyMetrics = z.object({
  final: z.object({ 'objective/kl': z.number().optional(), 'objective/scores': z.number().optional() }),
});
const RewardMetrics = z.object({
  heldOutAccuracy: Interval.nullable(),
  trainPairs: z.number(),
  trainPrompts: z.number(),
});

type Measured = Pick<CheckpointRow, 'kind' | 'metrics' | 'winRate'>;

/** The figures of a checkpoint that mean something to a reader; the rest stays in the API. */
export function figuresInWords(row: Measured): string[] {
  return row.kind === 'policy' ? policyFigures(row) : rewardFigures(row.metrics);
}

function policyFigures({ metrics, winRate }: Measured): string[] {
  const { 'objective/kl': kl, 'objective/scores': score } =
    PolicyMetrics.safeParse(metrics).data?.final ?? {};
  const figures: string[] = [];
  if (winRate) {
    const whose = winRate.judge === 'gold' ? 'Gold win rate' : 'Win rate';
    figures.push(`${whose} over the base ${percentInterval(winRate)}`);
  }
  if (kl !== undefined) figures.push(`Mean KL ${measured(kl)} nats`);
  if (score !== undefined) figures.push(`Mean score ${measured(score)}`);
  return figures;
}

function rewardFigures(metrics: Measured['metrics']): string[] {
  const { data } = RewardMetrics.safeParse(metrics);
  if (!data) return [];
  const { heldOutAccuracy, trainPairs, trainPrompts } = data;
  return [
    heldOutAccuracy
      ? `Held-out accuracy ${percentInterval(heldOutAccuracy)}`
      : 'No held-out pair was there to check it on',
    `Learned from ${counted(trainPairs, 'pair')} of ${counted(trainPrompts, 'prompt')}`,
  ];
}
