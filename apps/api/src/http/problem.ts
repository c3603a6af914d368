import { AppError, ERRORS, type ErrorCode, type FieldIssue, type Problem } from '@rankloop/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** Answers of Fastify itself, in our words. */
const FASTIFY_CODES: Record<string, { code: ErrorCode; detail?: string }> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media', detail: 'Send application/json.' },
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad_request', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'bad_request',
    detail: 'The body is not as long as announced.',
  },
  FST_ERR_BAD_URL: { code: 'bad_request', detail: 'The address holds a broken % escape.' },
};

/** The one place where errors become answers. Anything not foreseen is logged in full and told as 500 only. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const appError = toAppError(error);
  if (appError.status >= 500) request.log.error({ err: error }, 'request failed');
  else if (appError.options.cause !== undefined) request.log.info({ err: appError.options.cause }, 'refused');
  const { detail, issues, retryAfter, conflictId } = appError.options;
  const problem: Problem = {
    type: `urn:rankloop:error:${appError.code}`,
    code: appError.code,
    title: ERRORS[appError.code].title,
    status: appError.status,
    requestId: request.id,
    ...(detail === undefined ? {} : { detail }),
    ...(issues === undefined ? {} : { issues }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(conflictId === undefined ? {} : { conflictId }),
  };
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  return reply.code(appError.status).type('application/problem+json').send(JSON.stringify(problem));
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isFastifyError(error)) {
    const known = FASTIFY_CODES[error.code];
    if (known) return new AppError(known.code, known.detail === undefined ? {} : { detail: known.detail });
    const status = error.statusCode ?? 500;
    // JSON with `__proto__` keys and the like: refused by the parser with a bare 400.
    if (status >= 400 && status < 500) {
      return new AppError('bad_request', { detail: 'The request could not be read.', cause: error });
    }
  }
  return new AppError('internal', { cause: error });
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('code' in error || 'statusCode' in error);
}

/** zod's issues as JSON pointers, with the unknown keys named one by one. */
export function toFieldIssues(error: z.ZodError): FieldIssue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: toPointer([...issue.path, key]),
        message: 'This field is not known',
      }));
    }
    return [{ path: toPointer(issue.path), message: issue.message }];
  });
}

export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
