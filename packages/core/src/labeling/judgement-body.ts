import { JudgementBody } from '@rankloop/contracts';
import type { Judgement } from '@rankloop/db';

/** The stored row back in the shape in which it was sent. */
export function toJudgementBody(row: Judgement): JudgementBody {
  const optional = {
    skipReason: row.skipReason,
    ranks: row.ranks,
    strength: row.strength,
    scores: row.scores,
    flags: row.flags,
    critiques: row.critiques,
    edits: row.edits,
    demonstration: row.demonstration,
    comment: row.comment,
    confidence: row.confidence,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== null);
  return JudgementBody.parse({
    outcome: row.outcome,
    activeMs: row.activeMs,
    ...Object.fromEntries(present),
  });
}
