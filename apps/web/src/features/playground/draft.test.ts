import type { CheckpointRow } from '@rankloop/contracts';
import { expect, it } from 'vitest';
import { readDraft, startDraft } from './draft.ts';

const policy = (id: string, isCurrent = false): CheckpointRow => ({
  id,
  kind: 'policy',
  name: id,
  parentId: null,
  roundId: null,
  roundNumber: null,
  manifestHash: '',
  bytes: 0,
  isCurrent,
  promotedAt: null,
  prunedAt: null,
  metrics: {},
  winRate: null,
  createdAt: '2026-01-01T00:00:00.000Z',
});
const BASE = '11111111-1111-4111-8111-111111111111';
const NOW = '22222222-2222-4222-8222-222222222222';
const OTHER = '33333333-3333-4333-8333-333333333333';
const policies = [policy(OTHER), policy(NOW, true), policy(BASE)];

it('sets the policy in use beside the first one, or beside the one that the address names', () => {
  expect(startDraft(policies, null)).toMatchObject({ left: BASE, right: NOW });
  expect(startDraft(policies, OTHER)).toMatchObject({ left: OTHER, right: NOW });
  expect(startDraft(policies, NOW)).toMatchObject({ left: NOW, right: null });
  expect(startDraft([], null)).toMatchObject({ left: null, right: null });
});

it('sends what stands in the form, one policy or two', () => {
  const draft = { ...startDraft(policies, null), prompt: 'Hello' };
  expect(readDraft(draft).body).toMatchObject({
    conversation: [{ role: 'user', content: 'Hello' }],
    checkpointIds: [BASE, NOW],
    seed: 1,
  });
  expect(readDraft({ ...draft, right: null }).body?.checkpointIds).toEqual([BASE]);
});

it('says what is wrong before anything is sent', () => {
  const draft = { ...startDraft(policies, null), prompt: 'Hello' };
  expect(readDraft({ ...draft, prompt: ' ' }).problem).toBe('Write a prompt.');
  expect(readDraft({ ...draft, temperature: '' }).problem).toMatch(/^Temperature: /);
  expect(readDraft({ ...draft, maxNewTokens: 513 }).problem).toBe(
    'Longest output: The playground draws at most 512 tokens.',
  );
});
