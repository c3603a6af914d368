import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

export interface LineLimits {
  maxBytes: number;
  maxInflatedBytes: number;
  maxLineBytes: number;
  maxLines: number;
}

/** One line of the file, 1-based. `text` is null when the line itself cannot be read; `problem` says why. */
export type ReadLine =
  | { line: number; text: string; problem: null }
  | { line: number; text: null; problem: { code: LineProblem; message: string; excerpt: string } };

export type LineProblem = 'line_too_long' | 'not_utf8';

/** The file as a whole cannot be read on: what was read before stays good. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  readonly line: number;

  constructor(message: string, line: number, cause?: unknown) {
    super(message, { cause });
    this.line = line;
  }
}

const NEWLINE = 0x0a;
const GZIP_MAGIC = [0x1f, 0x8b] as const;
const EXCERPT_BYTES = 80;

export function isGzip(head: Uint8Array): boolean {
  return head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1];
}

/**
 * Splits a JSONL or JSONL.gz stream into lines with bounded memory: a line over the limit is skipped, not gathered.
 * Takes LF and CRLF, drops a byte order mark, skips blank lines but counts them.
 *
 * @param onBytes called with the bytes read so far, before inflating
 * @throws UnreadableFileError on damaged gzip or when the file is over a limit
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  limits: LineLimits,
  onBytes?: (bytesRead: number) => void,
): AsyncGenerator<ReadLine> {
  const splitter = new LineSplitter(limits);
  for await (const chunk of inflate(countBytes(source, limits.maxBytes, onBytes), limits.maxInflatedBytes)) {
    yield* splitter.push(chunk);
  }
  yield* splitter.end();
}

async function* countBytes(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onBytes?: (bytesRead: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new UnreadableFileError(`The file is larger than ${describeBytes(maxBytes)}`, 0);
    onBytes?.(bytes);
    yield chunk;
  }
}

async function* inflate(
  source: AsyncIterable<Uint8Array>,
  maxInflatedBytes: number,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const head = await readHead(iterator);
    if (!isGzip(head)) {
      yield head;
      yield* rest(iterator);
      return;
    }
    let bytes = 0;
    for await (const chunk of gunzip(head, iterator)) {
      bytes += chunk.byteLength;
      if (bytes > maxInflatedBytes) {
        throw new UnreadableFileError(`The file inflates to more than ${describeBytes(maxInflatedBytes)}`, 0);
      }
      yield chunk;
    }
  } finally {
    // Whoever sends learns that nobody reads on.
    await iterator.return?.();
  }
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = new Uint8Array(0);
  while (head.byteLength < GZIP_MAGIC.length) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rest(iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

async function* gunzip(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  const feeding = feed(stream, head, iterator);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array; // a byte stream yields buffers
  } catch (cause) {
    if (cause instanceof UnreadableFileError) throw cause;
    throw new UnreadableFileError(
      'The gzip data is damaged or cut off, so what was read of it may be wrong',
      0,
      cause,
    );
  } finally {
    stream.destroy();
    await feeding.catch(() => undefined);
  }
}

async function feed(
  stream: ReturnType<typeof createGunzip>,
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): Promise<void> {
  try {
    stream.write(head);
    for await (const chunk of rest(iterator)) {
      if (stream.destroyed) return;
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Gathers bytes up to newlines; knows how much of an over-long line to forget. */
class LineSplitter {
  readonly #limits: LineLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #line = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  *push(chunk: Uint8Array): Generator<ReadLine> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#gather(chunk.subarray(start, end));
      start = end + 1;
      yield* this.#finish();
    }
    this.#gather(chunk.subarray(start));
  }

  *end(): Generator<ReadLine> {
    if (this.#bytes > 0) yield* this.#finish();
  }

  #gather(part: Uint8Array): void {
    // Beyond the limit only the length is kept: enough to report the line.
    if (this.#bytes <= this.#limits.maxLineBytes && part.byteLength > 0) this.#parts.push(part);
    this.#bytes += part.byteLength;
  }

  *#finish(): Generator<ReadLine> {
    const line = ++this.#line;
    if (line > this.#limits.maxLines) {
      throw new UnreadableFileError(
        `The file has more than ${this.#limits.maxLines.toLocaleString('en')} lines`,
        line,
      );
    }
    // Most lines lie within one chunk: those are read where they are.
    const [first] = this.#parts;
    const bytes = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    const length = this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    if (length > this.#limits.maxLineBytes) {
      const message = `The line has ${describeBytes(length)}; the limit is ${describeBytes(this.#limits.maxLineBytes)}`;
      yield { line, text: null, problem: { code: 'line_too_long', message, excerpt: excerptOf(bytes) } };
      return;
    }
    const text = this.#decode(bytes, line);
    if (text === null) {
      yield {
        line,
        text: null,
        problem: { code: 'not_utf8', message: 'The line is not UTF-8 text', excerpt: excerptOf(bytes) },
      };
    } else if (text.trim() !== '') {
      yield { line, text, problem: null };
    }
  }

  #decode(bytes: Uint8Array, line: number): string | null {
    try {
      const text = this.#decoder.decode(bytes);
      const withoutMark = line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
      return withoutMark.endsWith('\r') ? withoutMark.slice(0, -1) : withoutMark;
    } catch {
      return null;
    }
  }
}

/** The start of a line that can be shown and stored whatever its bytes are. */
function excerptOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, EXCERPT_BYTES)).replaceAll('\0', '\uFFFD');
}

function describeBytes(bytes: number): string {
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  if (bytes >= 1024 ** 2) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${Math.ceil(bytes / 1024)} kB`;
}
