import { Agent, request } from 'node:http';

/** One person with an own token and an own connection, as a browser would have. */
export class Labeler {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  readonly #token: string;
  readonly #base: string;

  constructor(origin: string, projectId: string, token: string) {
    this.#base = `${origin}/api/v1/projects/${projectId}`;
    this.#token = token;
  }

  claim(): Promise<Answer> {
    return this.send('POST', '/claim', { holding: [] });
  }

  submit(leaseId: string, outputIds: readonly string[]): Promise<Answer> {
    return this.send('PUT', `/leases/${leaseId}/judgement`, makeJudgement(outputIds));
  }

  send(method: string, path: string, body: unknown): Promise<Answer> {
    const payload = JSON.stringify(body);
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#base}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({
              status: response.statusCode ?? 0,
              ms: performance.now() - started,
              body: JSON.parse(text),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface Answer {
  status: number;
  ms: number;
  body: unknown;
}

/** A full ranking and a reason of 40 characters. */
export function makeJudgement(outputIds: readonly string[]) {
  return {
    outcome: 'ok',
    ranks: Object.fromEntries(outputIds.map((id, index) => [id, index + 1])),
    comment: 'A is clearer than B, and C misses a fact',
    activeMs: 12_000,
  };
}
