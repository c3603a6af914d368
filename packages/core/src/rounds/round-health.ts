import type { RoundDetail, RoundReport } from '@rankloop/contracts';
import { HEARTBEAT_LIMIT_MS } from './reconcile-rounds.ts';

type HealthNote = RoundDetail['health'][number];

export interface RoundSigns {
  state: string;
  /** Milliseconds since the round was put in the queue or the worker last spoke. */
  silentMs: number;
  hasWorker: boolean;
  /** First and newest value of each metric of the last policy's stage, by name. */
  metrics: ReadonlyMap<string, { first: number; newest: number; steps: number }>;
  report: RoundReport;
  /** Null where the recipe knows no such limit. */
  divergenceKl: number | null;
}

const FAR_KL = 10;
const WAITING_LIMIT_MS = 10_000;

/** What a researcher should look at, in words: only limits that were crossed. */
export function findHealthNotes(signs: RoundSigns): HealthNote[] {
  return [...findSignsOfLife(signs), ...findRewardNotes(signs.report), ...findPolicyNotes(signs)];
}

function findSignsOfLife({ state, silentMs, hasWorker }: RoundSigns): HealthNote[] {
  if (state === 'queued' && !hasWorker && silentMs > WAITING_LIMIT_MS) {
    return [{ level: 'warning', text: 'No worker is up. The round begins as soon as one is.' }];
  }
  if (state === 'running' && silentMs > HEARTBEAT_LIMIT_MS) {
    const seconds = Math.round(silentMs / 1000);
    return [
      { level: 'danger', text: `No sign of life for ${seconds} s. The round is started again by itself.` },
    ];
  }
  return [];
}

function findRewardNotes({ rewardAccuracy, rewardConfidence }: RoundReport): HealthNote[] {
  if (rewardConfidence === 0) {
    return [
      {
        level: 'warning',
        text: 'Held-out judgements do not show that the reward model knows more than chance, so the policy gets no score and stays as it is. More judgements on more prompts help.',
      },
    ];
  }
  if (!rewardAccuracy) return [];
  const { value, low, high } = rewardAccuracy;
  if (low > 0.5) return [];
  const share = `${percent(value)} (${percent(low)} to ${percent(high)})`;
  return [
    {
      level: 'warning',
      text: `The reward model agrees with held-out judgements in ${share}: not surely better than guessing. More judgements help.`,
    },
  ];
}

function findPolicyNotes({ metrics, divergenceKl }: RoundSigns): HealthNote[] {
  const notes: HealthNote[] = [];
  const kl = metrics.get('objective/kl')?.newest ?? 0;
  if (divergenceKl !== null && kl > 0.8 * divergenceKl) {
    notes.push({
      level: 'danger',
      text: `KL is ${kl.toFixed(1)} nats; at ${divergenceKl} the round ends. Raise the KL coefficient.`,
    });
  } else if (kl > FAR_KL) {
    notes.push({
      level: 'warning',
      text: `The policy is ${kl.toFixed(1)} nats from where it began. Read the outputs: it may please the reward model only.`,
    });
  }
  const entropy = metrics.get('objective/entropy');
  if (entropy && entropy.first > 0 && entropy.newest < 0.3 * entropy.first) {
    notes.push({
      level: 'warning',
      text: 'Entropy fell below a third of its start: outputs are becoming alike.',
    });
  }
  const clipped = metrics.get('policy/clipfrac_avg')?.newest ?? 0;
  if (clipped > 0.3) {
    notes.push({
      level: 'warning',
      text: `${percent(clipped)} of tokens hit the clip range. Lower the learning rate.`,
    });
  }
  const explained = metrics.get('explained_variance');
  if (explained && explained.steps >= 10 && explained.newest < 0) {
    notes.push({ level: 'info', text: 'The critic foresees the reward worse than its mean would.' });
  }
  return notes;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
