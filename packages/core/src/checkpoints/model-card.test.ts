import type { CheckpointDetail } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { writeModelCard } from './model-card.ts';

const detail: CheckpointDetail = {
  checkpoint: {
    id: '00000000-0000-4000-8000-000000000001',
    kind: 'policy',
    name: 'Round 3',
    parentId: null,
    roundId: '00000000-0000-4000-8000-000000000002',
    roundNumber: 3,
    manifestHash: 'f'.repeat(64),
    bytes: 10,
    isCurrent: true,
    promotedAt: null,
    prunedAt: null,
    metrics: { final: { 'objective/kl': 1.5 }, curve: [1, 2] },
    winRate: { value: 0.71, low: 0.64, high: 0.78, n: 100, judge: 'gold' },
    createdAt: '2026-11-21T10:00:00.000Z',
  },
  project: 'Reviews',
  stage: 'ppo',
  files: [{ name: 'model.safetensors', bytes: 10, sha256: 'a'.repeat(64) }],
  lineageHash: 'e'.repeat(64),
  keptFor: ['in-use'],
  madeOf: [{ id: '00000000-0000-4000-8000-000000000003', name: 'Round 2' }],
  children: [],
  childCount: 0,
  round: { id: '00000000-0000-4000-8000-000000000002', number: 3, state: 'succeeded' },
  stages: [{ name: 'ppo', recipe: 'ppo', settings: { config: { klCoefficient: 0.2 } }, takes: ['start'] }],
  snapshot: {
    id: '00000000-0000-4000-8000-000000000004',
    name: 'All',
    hash: 'b'.repeat(64),
    judgements: 120,
    people: 7,
  },
};
const FRONT = `---
library_name: transformers
pipeline_tag: text-generation
tags: [rankloop, rlhf, ppo]`;
const frontOf = (card: string) => card.split('\n---\n', 1)[0];

test('a card tells data, settings, figures and lineage, and its front is what Hugging Face reads', () => {
  const card = writeModelCard(detail);
  expect(frontOf(card)).toBe(FRONT);
  expect(card).toContain(`120 judgements by 7 labelers: snapshot \`${'b'.repeat(64)}\``);
  expect(card).toContain('"klCoefficient": 0.2');
  expect(card).toContain(
    '- Win rate over the base: 71.0 % (95 % interval 64.0 % to 78.0 %), n 100, judge: gold',
  );
  expect(card).toContain('- final objective/kl: 1.5');
  expect(card).not.toContain('curve');
  expect(card).toContain('- Made of: Round 2');
  expect(card).toContain(`| model.safetensors | 10 | \`${'a'.repeat(64)}\` |`);
});

test('a model from outside says that nothing is known of its data', () => {
  const card = writeModelCard({ ...detail, round: null, snapshot: null, stages: [], madeOf: [] });
  expect(card).toContain('nothing is known of its data');
  expect(card).toContain('Made of: nothing that is known here');
});

test('a name cannot write into the card: no line, heading, link or tag of its own', () => {
  const name = 'Nice\n---\n# <b>[Click](https://evil.example)</b> | `x`';
  const card = writeModelCard({
    ...detail,
    checkpoint: { ...detail.checkpoint, name },
    madeOf: [{ id: detail.checkpoint.id, name }],
  });
  expect(frontOf(card)).toBe(FRONT);
  expect(card.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1);
  expect(card.slice(card.indexOf('# '), card.indexOf('## Use'))).not.toMatch(/(^|[^\\])[<[]/m);
});
