import type { SnapshotLine } from '@rankloop/core';

let count = 0;
/** A judgement of two outputs that says nothing but what is given. */
export function line(more: Partial<SnapshotLine>): SnapshotLine {
  count += 1;
  return {
    id: `judgement-${count}`,
    leaseId: '',
    revision: 1,
    position: count,
    projectId: '',
    taskId: 'task-1',
    promptId: 'prompt-1',
    promptExternalId: null,
    taskExternalId: null,
    promptHash: '',
    useCase: null,
    conversation: [{ role: 'user', content: 'Say hello' }],
    completionIds: ['a', 'b'],
    textHashes: ['', ''],
    outputs: [
      { id: 'a', text: 'Hello', modelName: null, checkpointId: null, isCutOff: false },
      { id: 'b', text: 'Go away', modelName: null, checkpointId: null, isCutOff: true },
    ],
    labelerId: 'person-1',
    pseudonym: 'one',
    source: 'person',
    outcome: 'ok',
    skipReason: null,
    shownOrder: ['b', 'a'],
    ranks: null,
    strength: null,
    scores: null,
    flags: null,
    critiques: null,
    edits: null,
    demonstration: null,
    comment: null,
    confidence: null,
    activeMs: 1,
    formVersionId: '',
    guidelineVersionId: null,
    counts: true,
    contentHash: '',
    createdAt: new Date(0),
    ...more,
  };
}
