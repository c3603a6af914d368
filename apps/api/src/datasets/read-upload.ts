import type { Readable } from 'node:stream';
import { UnreadableFileError } from '@rankloop/datasets';

/**
 * The bytes of an upload. A reader that stops early leaves the connection open, so that its answer arrives and the
 * server drops what is still being sent. A request without a body is an empty file.
 *
 * @throws UnreadableFileError when the sender goes away in the middle
 */
export async function* readUpload(body: Readable | undefined): AsyncGenerator<Uint8Array> {
  if (body === undefined) return;
  try {
    // A request's body gives buffers.
    yield* body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new UnreadableFileError('The upload was cut off before the file had arrived in full', 0, cause);
  } finally {
    // What nobody reads would hold the connection for good: node drops only a body that nobody began to read.
    body.resume();
  }
}
