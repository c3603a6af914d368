import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until the product says that it is ready.
 * @returns {Promise<string | undefined>} what is still not ready when the time is up
 */
export async function waitUntilReady(url, { timeoutMs, signal }) {
  const deadline = Date.now() + timeoutMs;
  let missing = 'it does not answer';
  while (Date.now() < deadline && !signal.aborted) {
    try {
      const reply = await fetch(`${url}/api/health/ready`, { signal: AbortSignal.timeout(5_000) });
      if (reply.ok) return undefined;
      missing = (await reply.text()).slice(0, 500);
    } catch {
      // Not listening yet.
    }
    await pause(100);
  }
  return missing;
}
