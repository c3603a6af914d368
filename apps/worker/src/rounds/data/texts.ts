import { renderPrompt, targetsOf, type SnapshotLine, type TargetSource } from '@rankloop/core';
import { capShares } from './shares.ts';

/** A text to imitate, after its prompt. */
export interface TextExample {
  promptId: string;
  promptText: string;
  conversation: SnapshotLine['conversation'];
  output: string;
  /** Drawing stopped it at its longest: it teaches no end. */
  isCutOff: boolean;
  weight: number;
  source: TargetSource;
}

/** What people wrote, edited or chose, for supervised learning. */
export class Texts {
  readonly #sources: ReadonlySet<TargetSource>;
  readonly #texts: (TextExample & { labelerId: string })[] = [];

  constructor(sources: Iterable<TargetSource>) {
    this.#sources = new Set(sources);
  }

  /** @returns whether the line holds a text of the wanted sources */
  add(line: SnapshotLine): boolean {
    const { promptId, conversation, labelerId, outputs } = line;
    const before = this.#texts.length;
    for (const target of targetsOf(line, line.completionIds)) {
      const { source, weight } = target;
      // What a person wrote ends where it ends.
      const written = 'text' in target ? { text: target.text, isCutOff: false } : outputs[target.output];
      if (!this.#sources.has(source) || written === undefined) continue;
      const { text: output, isCutOff } = written;
      const promptText = renderPrompt(conversation);
      this.#texts.push({ promptId, promptText, conversation, output, isCutOff, weight, source, labelerId });
    }
    return this.#texts.length > before;
  }

  /** Of these sources only: two stages may learn different ones. */
  examples(sources: readonly TargetSource[]): TextExample[] {
    const wanted = this.#texts.filter(({ source }) => sources.includes(source));
    return capShares(wanted).map(({ labelerId: _, ...example }) => example);
  }
}
