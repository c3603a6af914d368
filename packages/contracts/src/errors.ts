import './strict-csp.ts';
import { z } from 'zod';

/**
 * Every error the product answers with: HTTP status and the sentence a person reads.
 * `detail` of the answer says what, where and how to mend; it never carries secrets or SQL.
 */
export const ERRORS = {
  bad_request: { status: 400, title: 'The request is not valid' },
  not_signed_in: { status: 401, title: 'Sign in first' },
  wrong_credentials: { status: 401, title: 'E-mail or password is wrong' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  token_scope: { status: 403, title: 'This API token does not cover that' },
  wrong_origin: { status: 403, title: 'The request comes from another site' },
  not_found: { status: 404, title: 'There is nothing here' },
  conflict: { status: 409, title: 'Somebody changed this at the same time' },
  judgement_differs: { status: 409, title: 'This task was already answered differently' },
  edit_window_over: { status: 409, title: 'The time for changing this answer is over' },
  round_active: { status: 409, title: 'A round is already running' },
  round_not_ready: { status: 422, title: 'The round cannot start yet' },
  demo_only: { status: 403, title: 'This exists only in the demo project' },
  link_used: { status: 410, title: 'This link was used or has expired' },
  too_large: { status: 413, title: 'This is too large' },
  unsupported_media: { status: 415, title: 'This kind of content is not accepted' },
  invalid_judgement: { status: 422, title: 'The answer is not complete' },
  import_unreadable: { status: 422, title: 'The file could not be read' },
  slow_down: { status: 429, title: 'Too many tries, wait a little' },
  internal: { status: 500, title: 'Something went wrong on the server' },
  not_ready: { status: 503, title: 'The server is not ready' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export const FieldIssue = z.object({
  /** JSON pointer into the body, query or params, such as `/ranks/…`. */
  path: z.string(),
  message: z.string(),
});
export type FieldIssue = z.infer<typeof FieldIssue>;

/** RFC 9457 problem+json. */
export const Problem = z.object({
  type: z.string(),
  code: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  requestId: z.string(),
  issues: z.array(FieldIssue).optional(),
  /** Seconds to wait, with `slow_down` and `not_ready`. */
  retryAfter: z.number().optional(),
  /** The id of what is in the way, with `round_active`. */
  conflictId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

export interface AppErrorOptions {
  detail?: string;
  issues?: FieldIssue[];
  retryAfter?: number;
  conflictId?: string;
  /** For the log only. */
  cause?: unknown;
}

/** The one way use cases refuse: a code of the table plus a sentence for the person. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly options: AppErrorOptions;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(
      options.detail ?? ERRORS[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.options = options;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
