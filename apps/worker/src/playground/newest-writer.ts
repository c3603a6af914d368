/** Writes the newest value, one write at a time: what comes meanwhile takes the place of what waits. */
export class NewestWriter<Value> {
  readonly #write: (value: Value) => Promise<void>;
  #waiting: { value: Value } | undefined;
  #writing: Promise<void> | undefined;
  #error: Error | undefined;

  constructor(write: (value: Value) => Promise<void>) {
    this.#write = write;
  }

  tell(value: Value): void {
    this.#waiting = { value };
    this.#writing ??= this.#run();
  }

  /** Everything told is written or replaced. @throws what stopped a write */
  async settle(): Promise<void> {
    await this.#writing;
    if (this.#error) throw this.#error;
  }

  async #run(): Promise<void> {
    while (this.#waiting && this.#error === undefined) {
      const { value } = this.#waiting;
      this.#waiting = undefined;
      try {
        await this.#write(value);
      } catch (error) {
        this.#error = error instanceof Error ? error : new Error(String(error));
      }
    }
    this.#writing = undefined;
  }
}
