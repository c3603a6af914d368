import { startTrainingProcess, type TrainingProcess } from '../training/training-process.ts';

/**
 * The one process that draws for the playground: started when somebody asks, kept for a while with the models that it
 * has read, and ended when nobody asks any more, so that its memory is free for rounds.
 */
export class WarmProcess {
  readonly #idleMs: number;
  #process: TrainingProcess | undefined;
  #ending: NodeJS.Timeout | undefined;

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** Not while somebody else has it. */
  async take(): Promise<TrainingProcess> {
    clearTimeout(this.#ending);
    this.#process ??= await startTrainingProcess();
    return this.#process;
  }

  /** It is not needed for the moment. */
  rest(): void {
    this.#ending = setTimeout(() => void this.end(), this.#idleMs);
    this.#ending.unref();
  }

  /** Also in the midst of its work, which then fails. */
  async end(): Promise<void> {
    clearTimeout(this.#ending);
    const process = this.#process;
    this.#process = undefined;
    await process?.stop();
  }
}
