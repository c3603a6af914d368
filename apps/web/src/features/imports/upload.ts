import { datasetRoutes, ImportView, Problem, type RouteInput } from '@rankloop/contracts';
import { ApiError, NetworkError, urlOf } from '../../lib/api-client.ts';

export interface UploadOptions {
  file: File;
  input: Omit<RouteInput<'startImport'>, 'upload'>;
  signal: AbortSignal;
  /** 0..1 of the bytes that left this browser. */
  onProgress: (fraction: number) => void;
}

/** Sends a file to `startImport`. Not by fetch, which cannot tell how much of a body is sent. */
export function uploadImport({ file, input, signal, onProgress }: UploadOptions): Promise<ImportView> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', urlOf(datasetRoutes.startImport, input));
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('accept', 'application/json');
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    });
    request.addEventListener('load', () => {
      const answer = readJson(request.responseText);
      const view = ImportView.safeParse(answer);
      if (request.status < 300 && view.success) resolve(view.data);
      else reject(refusal(answer, request.status));
    });
    request.addEventListener('error', () => reject(new NetworkError()));
    request.addEventListener('abort', () => reject(new DOMException('The upload was stopped', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function refusal(answer: unknown, status: number): Error {
  const problem = Problem.safeParse(answer);
  return problem.success ? new ApiError(problem.data) : new NetworkError(`status ${status}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
