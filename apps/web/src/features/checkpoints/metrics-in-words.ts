import { measured, percent } from '../../lib/format.ts';

interface Interval {
  value: number;
}

const SHARES: Record<string, string> = {
  rewardAccuracy: 'held-out accuracy',
  heldOutAccuracy: 'held-out accuracy',
  accuracy: 'accuracy',
  winRate: 'win rate over base',
};
const NUMBERS: Record<string, string> = { finalKl: 'KL', kl: 'KL', finalLoss: 'loss', steps: 'steps' };

/** The figures of a checkpoint that mean something to a reader; the rest stays in the API. */
export function metricsInWords(metrics: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(metrics).flatMap(([name, value]) => {
    const number = isInterval(value) ? value.value : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) return [];
    const share = SHARES[name];
    if (share !== undefined) return [`${share} ${percent(number)}`];
    const label = NUMBERS[name];
    return label === undefined ? [] : [`${label} ${measured(number)}`];
  });
  return words.length === 0 ? '-' : words.join(', ');
}

function isInterval(value: unknown): value is Interval {
  return typeof value === 'object' && value !== null && 'value' in value;
}
