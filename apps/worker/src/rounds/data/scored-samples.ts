import { SamplingConfig, SCALE_RANGE, type FormSpec } from '@rankloop/contracts';
import { marksOf, renderPrompt, type DrawnOutput, type SnapshotLine } from '@rankloop/core';
import { centreScore } from '@rankloop/rl';
import { capShares } from './shares.ts';

/** An output of ours with people's score of it, as it was drawn. */
export interface ScoredSample {
  promptId: string;
  promptText: string;
  conversation: SnapshotLine['conversation'];
  tokenIds: number[];
  /** Per token, nats, under the distribution that it was drawn from. */
  logProbs: number[];
  /** -1 for the lowest mark of its scale, 1 for the highest; the weighted mean where several people gave one. */
  score: number;
  weight: number;
  /** The checkpoint that drew it. */
  drawnBy?: string;
  /** The room that drawing left to it: a long prompt was cut to the rest. */
  maxNewTokens: number;
}

interface Marked {
  completionId: string;
  labelerId: string;
  weight: number;
  prompt: Pick<SnapshotLine, 'promptId' | 'conversation'>;
  score: number;
}

export class ScoredSamples {
  readonly #forms: ReadonlyMap<string, FormSpec>;
  readonly #marked: Marked[] = [];

  constructor(forms: ReadonlyMap<string, FormSpec>) {
    this.#forms = forms;
  }

  /** @returns whether the line holds marks */
  add({ promptId, conversation, ...line }: SnapshotLine): boolean {
    const { labelerId, completionIds } = line;
    const marks = marksOf(line, completionIds, this.#forms.get(line.formVersionId));
    for (const { output, value, scale } of marks) {
      this.#marked.push({
        completionId: completionIds[output] ?? '',
        labelerId,
        weight: 1,
        prompt: { promptId, conversation },
        score: centreScore(value, SCALE_RANGE[scale]),
      });
    }
    return marks.length > 0;
  }

  /** Whose tokens are needed. */
  get completionIds(): string[] {
    return [...new Set(this.#marked.map(({ completionId }) => completionId))];
  }

  /**
   * Those that we drew at this temperature, from all tokens, one draw each: elsewhere the stored log-probabilities are
   * not those of the policy that is trained.
   */
  examples(drawn: ReadonlyMap<string, DrawnOutput>, temperature: number): ScoredSample[] {
    const byOutput = new Map<string, Marked[]>();
    for (const mark of capShares(this.#marked)) {
      const marks = byOutput.get(mark.completionId) ?? [];
      byOutput.set(mark.completionId, marks);
      marks.push(mark);
    }
    return [...byOutput].flatMap(([completionId, marks]) => {
      const output = drawn.get(completionId);
      const sampling = SamplingConfig.safeParse(output?.sampling);
      const [first] = marks;
      if (!first || !output || !sampling.success || !isPlain(sampling.data, temperature)) return [];
      const { tokenIds, logProbs, checkpointId } = output;
      const weight = marks.reduce((sum, mark) => sum + mark.weight, 0);
      const score = marks.reduce((sum, mark) => sum + mark.weight * mark.score, 0) / weight;
      const { promptId, conversation } = first.prompt;
      const promptText = renderPrompt(conversation);
      const drawnBy = checkpointId === null ? {} : { drawnBy: checkpointId };
      const { maxNewTokens } = sampling.data;
      const as = { tokenIds, logProbs, maxNewTokens, ...drawnBy };
      return [{ promptId, promptText, conversation, ...as, score, weight }];
    });
  }
}

function isPlain({ topK, topP, ...sampling }: SamplingConfig, temperature: number): boolean {
  return sampling.temperature === temperature && topK === 0 && topP === 1;
}
