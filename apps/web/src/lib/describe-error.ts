import { ApiError, NetworkError } from './api-client.ts';

/** An error in words for the person: what happened, what is known of it, and what to name when asking for help. */
export function describeError(error: unknown): { title: string; text: string; reference: string } {
  if (error instanceof ApiError) {
    const { title, detail, requestId, status } = error.problem;
    return { title, text: detail ?? '', reference: status >= 500 ? requestId : '' };
  }
  if (error instanceof NetworkError) {
    return {
      title: 'The server could not be reached',
      text: 'Check the connection and try again.',
      reference: '',
    };
  }
  return {
    title: 'This page has an error',
    text: error instanceof Error ? error.message : '',
    reference: '',
  };
}
