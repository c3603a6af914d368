import type { AutoRoundSettings, AutoRoundTrigger } from '@rankloop/contracts';

type When = AutoRoundTrigger['when'];

/** The fields as people fill them: margins in points, all numbers as the number field gives them. */
export interface AutoRoundsDraft {
  when: When;
  count: number | string;
  hours: number | string;
  at: string;
  likeRoundId: string | null;
  accuracyPoints: number | string;
  winRatePoints: number | string;
  gateByHand: boolean;
}

export const WHEN_WORDS: Record<When, string> = {
  never: 'Only when somebody starts one',
  judgements: 'When enough new judgements came',
  hours: 'Every so many hours',
  daily: 'Every day at a time',
};

export function autoRoundsDraftOf(settings: AutoRoundSettings): AutoRoundsDraft {
  const { trigger, gate, likeRoundId, gateByHand } = settings;
  return {
    when: trigger.when,
    count: trigger.when === 'judgements' ? trigger.count : 200,
    hours: trigger.when === 'hours' ? trigger.hours : 24,
    at: trigger.when === 'daily' ? trigger.at : '03:00',
    likeRoundId,
    accuracyPoints: pointsOf(gate.accuracyMargin),
    winRatePoints: pointsOf(gate.winRateMargin),
    gateByHand,
  };
}

const pointsOf = (share: number) => Number((share * 100).toFixed(2));
/** An empty field is no number, and not the strictest one. */
const shareOf = (points: number | string) =>
  points === '' ? NaN : Number((Number(points) / 100).toFixed(4));

/** What the draft says; the contract checks it. */
export function settingsOf(draft: AutoRoundsDraft): AutoRoundSettings {
  return {
    trigger: triggerOf(draft),
    likeRoundId: draft.likeRoundId,
    gate: { accuracyMargin: shareOf(draft.accuracyPoints), winRateMargin: shareOf(draft.winRatePoints) },
    gateByHand: draft.gateByHand,
  };
}

function triggerOf({ when, count, hours, at }: AutoRoundsDraft): AutoRoundTrigger {
  switch (when) {
    case 'judgements':
      return { when, count: Number(count) };
    case 'hours':
      return { when, hours: Number(hours) };
    case 'daily':
      return { when, at };
    case 'never':
      return { when };
  }
}
