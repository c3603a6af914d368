import { createHash, type Hash } from 'node:crypto';
import { canonicalJson } from '../labeling/index.ts';

/** What a judgement says, and the hashes of what it says it about. Keyed by completion id where it is a map. */
export interface JudgementContent {
  id: string;
  leaseId: string;
  revision: number;
  taskId: string;
  source: 'person' | 'imported' | 'synthetic';
  outcome: 'ok' | 'skipped' | 'unrankable' | 'both_bad';
  skipReason: string | null;
  shownOrder: string[];
  ranks: Record<string, number | null> | null;
  strength: number | null;
  scores: Record<string, Record<string, number>> | null;
  flags: Record<string, string[]> | null;
  critiques: Record<string, string> | null;
  edits: Record<string, string> | null;
  demonstration: string | null;
  comment: string | null;
  confidence: number | null;
  activeMs: number;
  formVersionId: string;
  guidelineVersionId: string | null;
  counts: boolean;
  promptHash: string;
  /** Of the task, in its own order. */
  completionIds: string[];
  textHashes: string[];
}

/** SHA-256 over the canonical JSON of a judgement and the hashes of the texts that it judges. */
export function hashJudgement(content: JudgementContent): string {
  // Field by field: a column added later must not change the hash of what is already frozen.
  const canonical = canonicalJson({
    id: content.id,
    leaseId: content.leaseId,
    revision: content.revision,
    taskId: content.taskId,
    source: content.source,
    outcome: content.outcome,
    skipReason: content.skipReason,
    shownOrder: content.shownOrder,
    ranks: content.ranks,
    strength: content.strength,
    scores: content.scores,
    flags: content.flags,
    critiques: content.critiques,
    edits: content.edits,
    demonstration: content.demonstration,
    comment: content.comment,
    confidence: content.confidence,
    activeMs: content.activeMs,
    formVersionId: content.formVersionId,
    guidelineVersionId: content.guidelineVersionId,
    counts: content.counts,
    promptHash: content.promptHash,
    completions: content.completionIds.map((id, i) => [id, content.textHashes[i] ?? null]),
  });
  return createHash('sha256').update(canonical).digest('hex');
}

/** The snapshot's own hash: over its lines' hashes in order. */
export function snapshotHash(): { add(contentHash: string): void; digest(): string } {
  const hash: Hash = createHash('sha256').update('rankloop snapshot 1\n');
  return {
    add: (contentHash) => void hash.update(contentHash).update('\n'),
    digest: () => hash.digest('hex'),
  };
}
