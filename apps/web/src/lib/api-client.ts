import { Problem, type InputOf, type OutputOf, type RouteContract } from '@rankloop/contracts';

const BASE = '/api/v1';

/** The server answered, and refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer came: offline, the server is away, or something between cut the line. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor(cause?: unknown) {
    super('The server could not be reached', { cause });
  }
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Lets the browser finish the request after the page is gone. */
  keepalive?: boolean;
}

interface LooseInput {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  upload?: Blob;
}

/** The path and query of a route, for links and downloads as well as for calls. */
export function urlOf<R extends RouteContract>(
  contract: R,
  input: Omit<InputOf<R>, 'body' | 'upload'>,
): string {
  // The exact input of one route is narrower than what all of them may have.
  const { params = {}, query = {} } = input as LooseInput;
  const path = contract.path.replace(/:([a-zA-Z]+)/g, (_, key: string) =>
    encodeURIComponent(params[key] ?? ''),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(key, String(value));
  }
  const text = search.toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

/**
 * Calls one operation of the API; the answer is parsed by its contract. Who calls brings the contract: a page loads those
 * that it needs, not all there are.
 */
export async function call<R extends RouteContract>(
  contract: R,
  input: InputOf<R>,
  options: CallOptions = {},
): Promise<OutputOf<R>> {
  const { body, upload } = input as LooseInput;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  else if (upload) headers['content-type'] = 'application/octet-stream';
  const response = await fetch(urlOf(contract, input), {
    method: contract.method,
    headers,
    credentials: 'same-origin',
    ...(body !== undefined ? { body: JSON.stringify(body) } : upload ? { body: upload } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.keepalive ? { keepalive: true } : {}),
  }).catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause;
    throw new NetworkError(cause);
  });
  if (!response.ok) throw await readProblem(response);
  const answer: unknown = contract.response ? contract.response.parse(await response.json()) : undefined;
  // The contract that parsed it is the one that the type is made from.
  return answer as OutputOf<R>;
}

async function readProblem(response: Response): Promise<Error> {
  const parsed = Problem.safeParse(await response.json().catch(() => null));
  if (parsed.success) return new ApiError(parsed.data);
  // A proxy's own page, or the page server while the API is away.
  if (response.status >= 502) return new NetworkError(`status ${response.status}`);
  return new ApiError({
    type: 'about:blank',
    code: 'internal',
    title: `The server answered ${response.status}`,
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
  });
}
