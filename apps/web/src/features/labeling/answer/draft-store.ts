import { z } from 'zod';
import { EMPTY_DRAFT, type Draft } from './draft.ts';

/** What an older version did not know yet is empty. */
const StoredDraft = z.object({
  draft: z.object({
    outcome: z.enum(['ok', 'unrankable', 'both_bad']).default(EMPTY_DRAFT.outcome),
    places: z.record(z.string(), z.number().nullable()).default({}),
    strength: z.number().nullable().default(EMPTY_DRAFT.strength),
    scores: z.record(z.string(), z.record(z.string(), z.number())).default({}),
    flags: z.record(z.string(), z.array(z.string())).default({}),
    critiques: z.record(z.string(), z.string()).default({}),
    edits: z.record(z.string(), z.string()).default({}),
    demonstration: z.string().default(''),
    comment: z.string().default(''),
  }) satisfies z.ZodType<Draft>,
  activeMs: z.number(),
  savedAt: z.number(),
});
type StoredDraft = z.infer<typeof StoredDraft>;

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
  const stored = { draft, activeMs, savedAt: Date.now() };
  try {
    localStorage.setItem(keyOf(userId, taskId), JSON.stringify(stored));
  } catch {
    // No room: the draft lives as long as the page.
  }
}

export function loadDraft(userId: string, taskId: string): { draft: Draft; activeMs: number } | null {
  const stored = parseDraft(localStorage.getItem(keyOf(userId, taskId)));
  return stored && { draft: stored.draft, activeMs: stored.activeMs };
}

export function forgetDraft(userId: string, taskId: string): void {
  localStorage.removeItem(keyOf(userId, taskId));
}

/** Drafts of tasks that never came back. */
export function sweepDrafts(userId: string): void {
  const keys = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i));
  for (const key of keys) {
    if (!key?.startsWith(prefixOf(userId))) continue;
    const stored = parseDraft(localStorage.getItem(key));
    if (!stored || Date.now() - stored.savedAt > KEEP_MS) localStorage.removeItem(key);
  }
}

/** A stored draft; what another version or a person's hand has spoiled gives null, or its task could not be opened. */
export function parseDraft(text: string | null): StoredDraft | null {
  try {
    return StoredDraft.safeParse(JSON.parse(text ?? 'null')).data ?? null;
  } catch {
    return null;
  }
}
