import { expect, it } from 'vitest';
import type { OutboxItem } from './outbox-item.ts';
import { receiptText } from './receipt-text.ts';

const item = (refused: boolean): OutboxItem => ({
  leaseId: 'lease',
  projectId: 'project',
  taskId: 'task',
  title: '',
  body: { outcome: 'unrankable', activeMs: 0 },
  queuedAt: 0,
  ...(refused ? { refusal: { type: '', code: 'conflict', title: '', status: 409, requestId: '' } } : {}),
});
const idle = { items: [], sending: null, blocked: null, lastSentAt: null };

it('never says "sent" while something is not', () => {
  const lastSentAt = '2030-01-01T10:42:00Z';
  expect(receiptText({ ...idle, lastSentAt })).toMatch(/^sent \d\d:42$/);
  expect(receiptText({ ...idle, lastSentAt, items: [item(false)] })).toBe('waiting 1');
  expect(receiptText({ ...idle, lastSentAt, items: [item(true), item(false)] })).toBe('failed 1, waiting 1');
});

it('asks to sign in again when that is what is missing', () => {
  expect(receiptText({ ...idle, blocked: 'sign-in', items: [item(false)] })).toBe('waiting 1, sign in again');
});
