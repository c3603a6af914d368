import { EMPTY_DRAFT, type Draft } from './draft.ts';

interface StoredDraft {
  draft: Draft;
  activeMs: number;
  savedAt: number;
}

const KEEP_MS = 30 * 86_400_000;

/** Drafts by task and not by lease: an expired lease that comes back as a new one finds the work again. */
function keyOf(userId: string, taskId: string): string {
  return `${prefixOf(userId)}${taskId}`;
}

function prefixOf(userId: string): string {
  return `rankloop-draft:${userId}:`;
}

/** Written at every change, before the next key press can come: a crash loses nothing. */
export function saveDraft(userId: string, taskId: string, draft: Draft, activeMs: number): void {
  const stored: StoredDraft = { draft, activeMs, savedAt: Date.now() };
  try {
    localStorage.setItem(keyOf(userId, taskId), JSON.stringify(stored));
  } catch {
    // No room: the draft lives as long as the page.
  }
}

export function loadDraft(userId: string, taskId: string): { draft: Draft; activeMs: number } | null {
  const stored = parse(localStorage.getItem(keyOf(userId, taskId)));
  return stored && { draft: { ...EMPTY_DRAFT, ...stored.draft }, activeMs: stored.activeMs };
}

export function forgetDraft(userId: string, taskId: string): void {
  localStorage.removeItem(keyOf(userId, taskId));
}

/** Drafts of tasks that never came back. */
export function sweepDrafts(userId: string): void {
  const keys = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i));
  for (const key of keys) {
    if (!key?.startsWith(prefixOf(userId))) continue;
    const stored = parse(localStorage.getItem(key));
    if (!stored || Date.now() - stored.savedAt > KEEP_MS) localStorage.removeItem(key);
  }
}

function parse(text: string | null): StoredDraft | null {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<StoredDraft> | null;
    const { draft, activeMs, savedAt } = value ?? {};
    if (!draft || typeof draft !== 'object' || activeMs === undefined || savedAt === undefined) return null;
    return { draft, activeMs, savedAt };
  } catch {
    return null;
  }
}
