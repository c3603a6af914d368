import type { FormSpec } from '@rankloop/contracts';
import { renderPrompt, thumbsOf, type SnapshotLine } from '@rankloop/core';
import { capShares } from './shares.ts';

/** An output that somebody called good or bad. */
export interface ThumbExample {
  promptId: string;
  promptText: string;
  conversation: SnapshotLine['conversation'];
  output: string;
  /** Drawing stopped it at its longest: it teaches no end. */
  isCutOff: boolean;
  isDesirable: boolean;
  weight: number;
}

export class Thumbs {
  readonly #forms: ReadonlyMap<string, FormSpec>;
  readonly #thumbs: (ThumbExample & { labelerId: string })[] = [];

  constructor(forms: ReadonlyMap<string, FormSpec>) {
    this.#forms = forms;
  }

  /** @returns whether the line holds thumbs */
  add(line: SnapshotLine): boolean {
    const { promptId, conversation, labelerId, outputs } = line;
    const marks = thumbsOf(line, line.completionIds, this.#forms.get(line.formVersionId));
    for (const { output, value } of marks) {
      this.#thumbs.push({
        promptId,
        promptText: renderPrompt(conversation),
        conversation,
        output: outputs[output]?.text ?? '',
        isCutOff: outputs[output]?.isCutOff ?? false,
        isDesirable: value === 1,
        weight: 1,
        labelerId,
      });
    }
    return marks.length > 0;
  }

  examples(): ThumbExample[] {
    return capShares(this.#thumbs).map(({ labelerId: _, ...example }) => example);
  }
}
