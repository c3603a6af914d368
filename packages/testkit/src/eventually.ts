export interface EventuallyOptions {
  timeoutMs?: number;
  intervalMs?: number;
  /** What is waited for, for the message when it never comes. */
  what?: string;
}

/**
 * Waits until `condition` gives something truthy, and returns that. A condition that throws is not yet
 * true; when the time is up its last error is the reason.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 90_000;
  const deadline = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      // `false`, 0 and '' are "not yet" too, whatever the type says.
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadline)
      throw new Error(`Waited ${timeoutMs} ms in vain for ${options.what ?? 'a condition'}.`, {
        cause: lastError,
      });
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 25));
  }
}
