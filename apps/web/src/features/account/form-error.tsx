'use client';

import { Alert } from '@mantine/core';
import { describeError } from '../../lib/describe-error.ts';
import { ApiError } from '../../lib/api-client.ts';

export function FormError({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const { title, text } = describeError(error);
  const words = [text === title ? '' : text, waitText(error)].filter((part) => part !== '').join(' ');
  return (
    <Alert color="orange" variant="outline" role="alert" title={title}>
      {words}
    </Alert>
  );
}

function waitText(error: unknown): string {
  const seconds = error instanceof ApiError ? error.problem.retryAfter : undefined;
  return seconds === undefined ? '' : `Try again in ${Math.ceil(seconds)} s.`;
}

/** What the server says about one field, to show under it. */
export function fieldError(error: unknown, path: string): string | undefined {
  return error instanceof ApiError
    ? error.problem.issues?.find((issue) => issue.path === path || issue.path === `/body${path}`)?.message
    : undefined;
}
