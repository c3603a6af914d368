import { describe, expect, it } from 'vitest';
import { judgePromotion, type PolicyFigures } from './promotion-gate.ts';

const gate = { accuracyMargin: 0.02, winRateMargin: 0.05 };
const current: PolicyFigures = { accuracy: 0.7, winRate: 0.6 };
const judge = (next: PolicyFigures, inUse = current) => judgePromotion({ gate, next, current: inUse });

describe('the gate', () => {
  it('lets a policy pass that is better, equal, or worse by no more than the margin', () => {
    for (const next of [{ accuracy: 0.8, winRate: 0.9 }, current, { accuracy: 0.68, winRate: 0.55 }])
      expect(judge(next)).toEqual({ promote: true, reasons: [] });
  });

  it('holds a policy back whose win rate or accuracy is worse by more, and says by how much', () => {
    expect(judge({ accuracy: 0.7, winRate: 0.54 })).toEqual({
      promote: false,
      reasons: [
        'The win rate over the base is 54.0 %, that of the policy in use 60.0 %: more than 5 points below.',
      ],
    });
    expect(judge({ accuracy: 0.6, winRate: 0.1 }).reasons).toHaveLength(2);
    expect(judge({ accuracy: 0.67, winRate: 0.9 }).reasons[0]).toContain('held-out accuracy');
  });

  it('holds a policy back of which no win rate is known', () => {
    expect(judge({ accuracy: 0.9 }).promote).toBe(false);
  });

  it('asks for an accuracy only where both rounds trained a reward model', () => {
    expect(judge({ winRate: 0.6 }).promote).toBe(true);
    expect(judge({ winRate: 0.6, accuracy: 0.1 }, { winRate: 0.6 }).promote).toBe(true);
  });

  it('lets a first policy pass: there is nothing to compare it with', () => {
    expect(judge({ winRate: 0.2, accuracy: 0.4 }, {}).promote).toBe(true);
  });
});
