import { AppError } from '@rankloop/contracts';
import type { FastifyInstance } from 'fastify';
import { toPointer } from './problem.ts';
import { findRepeatedKey } from './repeated-key.ts';

/**
 * How bodies are read. Clients that name a type on every request name it also where they send nothing: that is no body,
 * not a bad one. A key that is there twice is refused, because only one of its values would be read.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (text.length === 0) done(null, undefined);
    else
      void parseJson(request, text, (error, parsed) => {
        const path = error ? undefined : findRepeatedKey(text);
        done(path ? repeated(toPointer(path)) : error, parsed);
      });
  });
}

function repeated(path: string): AppError {
  return new AppError('bad_request', {
    detail: `${path}: Given more than once`,
    issues: [{ path, message: 'Given more than once' }],
  });
}
