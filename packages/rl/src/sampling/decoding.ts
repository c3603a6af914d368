// A batch of sequences that grow by a token at a time, whichever way it is computed.

export interface Decoding {
  /**
   * Takes in one prompt for each row. Returns for each the logits [V] of what comes next.
   *
   * @param pause awaited between pieces of work; what it throws ends the work
   */
  prefill(
    prompts: readonly (readonly number[])[],
    pause: () => Promise<void>,
  ): Promise<readonly Float32Array[]>;
  /** Adds one token to each of `rows`, which ascend. Returns logits [rows, V], valid until the next call. */
  step(rows: readonly number[], ids: readonly number[]): Float32Array;
  /** Lets another batch use the memory; this one must not be used again. */
  release(): void;
}

export interface DecodingSize {
  readonly rows: number;
  /** Of the longest prompt. */
  readonly promptTokens: number;
  /** At most, for each row. */
  readonly newTokens: number;
}

/** Something that decodes with memory of its own, used again from batch to batch. */
export interface DecodingSource {
  /** One batch at a time. */
  open(size: DecodingSize): Decoding;
}
