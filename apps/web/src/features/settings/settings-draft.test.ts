import { FORM_PRESETS, type Project } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { changesOf, draftOf } from './settings-draft.ts';

const project: Project = {
  id: '00000000-0000-4000-8000-000000000001',
  slug: 'p',
  name: 'P',
  description: '',
  isDemo: false,
  role: 'admin',
  form: FORM_PRESETS.ranking.spec,
  formVersion: 1,
  guideline: '# Be kind',
  guidelineVersion: 1,
  overlap: 2,
  leaseTtlMs: 600_000,
  editWindowMs: 0,
  dailyGoal: null,
  currentPolicyId: null,
  createdAt: '2026-01-01T00:00:00Z',
};

describe('changed settings', () => {
  it('are nothing when nothing was changed', () => {
    expect(changesOf(project, draftOf(project))).toEqual({});
  });

  it('hold only what differs, times in milliseconds', () => {
    const draft = { ...draftOf(project), leaseMinutes: 20, guideline: '# Be kinder' };
    expect(changesOf(project, draft)).toEqual({ leaseTtlMs: 1_200_000, guideline: '# Be kinder' });
  });

  it('take an emptied daily goal as none', () => {
    const withGoal = { ...project, dailyGoal: 40 };
    expect(changesOf(withGoal, { ...draftOf(withGoal), dailyGoal: '' })).toEqual({ dailyGoal: null });
  });

  it('do not make a new form version of the same parts in another order', () => {
    const form = { ranking: { allowTies: true, allowPartial: true }, critique: { perOutput: true } };
    const again = { critique: { perOutput: true }, ranking: { allowTies: true, allowPartial: true } };
    expect(changesOf({ ...project, form }, { ...draftOf(project), form: again })).toEqual({});
  });
});
