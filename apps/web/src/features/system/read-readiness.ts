import { Readiness } from '@rankloop/contracts';
import { NetworkError } from '../../lib/api-client.ts';

/** Outside `/api/v1`, and an answer that it is not ready comes with status 503: still an answer. */
export async function readReadiness(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch('/api/health/ready', { signal, credentials: 'same-origin' }).catch(
    (cause: unknown) => {
      if (signal.aborted) throw cause;
      throw new NetworkError(cause);
    },
  );
  return Readiness.parse(await response.json());
}
