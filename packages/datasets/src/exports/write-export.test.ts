import { createHash } from 'node:crypto';
import type { ExportFormat } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { type ExportableJudgement, measureExport, writeExport } from './write-export.ts';

const judgement: ExportableJudgement = {
  id: 'j1',
  leaseId: 'l1',
  revision: 1,
  taskId: 't1',
  taskExternalId: null,
  promptId: 'p1',
  promptExternalId: 'row-7',
  useCase: 'reviews',
  conversation: [{ role: 'user', content: 'Review of the kettle:' }],
  promptText: 'Review of the kettle:',
  outputs: ['good', 'same', 'bad'].map((text, i) => ({
    id: `o${i}`,
    text,
    modelName: null,
    checkpointId: 'c1',
  })),
  pseudonym: 'heron-12',
  source: 'person',
  outcome: 'ok',
  skipReason: null,
  shownOrder: ['o2', 'o0', 'o1'],
  ranks: { o0: 1, o1: 1, o2: 2 },
  strength: null,
  scores: null,
  flags: null,
  critiques: null,
  edits: { o2: 'much better' },
  demonstration: 'the ideal answer',
  comment: 'line\nbreak',
  confidence: 4,
  activeMs: 900,
  formVersionId: 'f1',
  guidelineVersionId: null,
  counts: true,
  contentHash: 'abc',
  createdAt: new Date('2026-11-01T10:00:00Z'),
  preferences: { ranks: [1, 1, 2], edits: [{ output: 2, text: 'much better' }] },
  thumbs: [{ outputId: 'o0', isUp: true }],
};

async function* one(): AsyncGenerator<ExportableJudgement> {
  yield judgement;
}

async function rowsOf(format: ExportFormat): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const line of writeExport(format, one())) rows.push(JSON.parse(line));
  return rows;
}

test('a preference row per ordered pair, none between ties, and the edit preferred over its original', async () => {
  const prompt = 'Review of the kettle:';
  expect(await rowsOf('preference')).toEqual([
    { prompt, chosen: 'good', rejected: 'bad' },
    { prompt, chosen: 'same', rejected: 'bad' },
    { prompt, chosen: 'much better', rejected: 'bad' },
  ]);
});

test('what people wrote themselves is a prompt with its completion', async () => {
  const prompt = 'Review of the kettle:';
  expect(await rowsOf('prompt-completion')).toEqual([
    { prompt, completion: 'much better' },
    { prompt, completion: 'the ideal answer' },
  ]);
});

test('thumbs are unpaired rows with a boolean label', async () => {
  expect(await rowsOf('unpaired')).toEqual([
    { prompt: 'Review of the kettle:', completion: 'good', label: true },
  ]);
});

test('a full row keeps every field of the judgement and the order in which the outputs were shown', async () => {
  const [row] = await rowsOf('judgements');
  expect(row).toMatchObject({
    labeler: 'heron-12',
    shown_order: ['o2', 'o0', 'o1'],
    ranks: { o0: 1, o1: 1, o2: 2 },
    edits: { o2: 'much better' },
    confidence: 4,
    created_at: '2026-11-01T10:00:00.000Z',
  });
});

test('the manifest measures the very bytes that are sent', async () => {
  let text = '';
  for await (const line of writeExport('judgements', one())) text += line;
  expect(await measureExport(writeExport('judgements', one()))).toEqual({
    rows: 1,
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  });
});
