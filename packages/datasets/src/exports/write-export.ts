import { createHash } from 'node:crypto';
import type { ExportFormat, Message } from '@rankloop/contracts';

/** A judgement with its texts, as a snapshot gives it. Maps are keyed by output id. */
export interface ExportableJudgement {
  id: string;
  leaseId: string;
  revision: number;
  taskId: string;
  taskExternalId: string | null;
  promptId: string;
  promptExternalId: string | null;
  useCase: string | null;
  conversation: Message[];
  promptText: string;
  outputs: { id: string; text: string; modelName: string | null; checkpointId: string | null }[];
  pseudonym: string;
  source: string;
  outcome: string;
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
  contentHash: string;
  createdAt: Date;
  preferences: { ranks: (number | null)[] | null; edits: { output: number; text: string }[] };
  thumbs: { outputId: string; isUp: boolean }[];
}

type Row = Record<string, unknown>;

const WRITERS: Record<ExportFormat, (judgement: ExportableJudgement) => Row[]> = {
  judgements: (judgement) => [fullRow(judgement)],
  preference: preferenceRows,
  'prompt-completion': promptCompletionRows,
  unpaired: unpairedRows,
};

/** A snapshot as JSONL text, a line per row, with bounded memory. */
export async function* writeExport(
  format: ExportFormat,
  judgements: AsyncIterable<ExportableJudgement>,
): AsyncGenerator<string> {
  for await (const judgement of judgements) {
    for (const row of WRITERS[format](judgement)) yield `${JSON.stringify(row)}\n`;
  }
}

/** Rows, bytes and SHA-256 of an export, as its manifest states them. */
export async function measureExport(
  lines: AsyncIterable<string>,
): Promise<{ rows: number; bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  for await (const line of lines) {
    hash.update(line);
    rows += 1;
    bytes += Buffer.byteLength(line);
  }
  return { rows, bytes, sha256: hash.digest('hex') };
}

/** Everything that a judgement says, with the labeler's pseudonym and never an account. */
function fullRow(judgement: ExportableJudgement): Row {
  const { outputs, pseudonym } = judgement;
  return {
    id: judgement.id,
    lease_id: judgement.leaseId,
    revision: judgement.revision,
    task_id: judgement.taskId,
    task_external_id: judgement.taskExternalId,
    prompt_id: judgement.promptId,
    prompt_external_id: judgement.promptExternalId,
    use_case: judgement.useCase,
    messages: judgement.conversation,
    outputs: outputs.map(({ id, text, modelName, checkpointId }) => ({
      id,
      text,
      model: modelName,
      checkpoint_id: checkpointId,
    })),
    labeler: pseudonym,
    source: judgement.source,
    outcome: judgement.outcome,
    skip_reason: judgement.skipReason,
    shown_order: judgement.shownOrder,
    ranks: judgement.ranks,
    strength: judgement.strength,
    scores: judgement.scores,
    flags: judgement.flags,
    critiques: judgement.critiques,
    edits: judgement.edits,
    demonstration: judgement.demonstration,
    comment: judgement.comment,
    confidence: judgement.confidence,
    active_ms: judgement.activeMs,
    form_version_id: judgement.formVersionId,
    guideline_version_id: judgement.guidelineVersionId,
    counts: judgement.counts,
    content_hash: judgement.contentHash,
    created_at: judgement.createdAt.toISOString(),
  };
}

/** TRL preference rows: one per ordered pair that survives ties, and one per edit, preferred over its original. */
function preferenceRows({ promptText: prompt, outputs, preferences }: ExportableJudgement): Row[] {
  const { ranks, edits } = preferences;
  const pairs = (ranks ?? []).flatMap((better, i) =>
    (ranks ?? []).flatMap((worse, j) =>
      better !== null && worse !== null && better < worse
        ? [{ prompt, chosen: outputs[i]?.text, rejected: outputs[j]?.text }]
        : [],
    ),
  );
  const corrected = edits
    .filter(({ output, text }) => outputs[output]?.text !== text)
    .map(({ output, text }) => ({ prompt, chosen: text, rejected: outputs[output]?.text }));
  return [...pairs, ...corrected];
}

/** TRL prompt-completion rows: what people wrote themselves. */
function promptCompletionRows({
  promptText: prompt,
  preferences,
  demonstration,
}: ExportableJudgement): Row[] {
  const written = preferences.edits.map(({ text }) => text);
  if (demonstration !== null && demonstration !== '') written.push(demonstration);
  return written.map((completion) => ({ prompt, completion }));
}

/** TRL unpaired rows: `label` is true for thumbs up. */
function unpairedRows({ promptText: prompt, outputs, thumbs }: ExportableJudgement): Row[] {
  const texts = new Map(outputs.map(({ id, text }) => [id, text]));
  return thumbs.map(({ outputId, isUp }) => ({ prompt, completion: texts.get(outputId), label: isUp }));
}
