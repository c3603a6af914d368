import { IMPORT_LIMITS, type ImportedRow, type ImportFormat, type ImportPreview } from '@rankloop/contracts';
import { detectFormat, FORMATS, readRow } from './formats/index.ts';
import { BadLineError } from './lines/parse-json-line.ts';
import { isGzip, readLines, type ReadLine, UnreadableFileError } from './lines/read-lines.ts';

export type ImportFileLine =
  | { line: number; text: string; rows: ImportedRow[] }
  | { line: number; problem: { code: string; message: string; excerpt: string } };

const DETECT_LINES = 20;
const PREVIEW_ROWS = 10;
const EXCERPT_CHARACTERS = 80;
const PREVIEW_CHARACTERS = 500;

/** A file being read: its format, then its lines. `bytesRead` counts the bytes as sent. */
export interface ImportFile {
  format: ImportFormat;
  lines: AsyncIterable<ImportFileLine>;
  bytesRead: () => number;
}

/**
 * Opens a JSONL or JSONL.gz stream, detecting the format from its first lines unless one is given.
 *
 * @throws UnreadableFileError when no format fits, the gzip is damaged, or a limit is passed
 */
export async function openImportFile(
  source: AsyncIterable<Uint8Array>,
  format?: ImportFormat,
): Promise<ImportFile> {
  let bytes = 0;
  const lines = readLines(source, IMPORT_LIMITS, (read) => (bytes = read));
  const head: ReadLine[] = [];
  while (head.length < DETECT_LINES) {
    const next = await lines.next();
    if (next.done === true) break;
    head.push(next.value);
  }
  if (head.length === 0) throw new UnreadableFileError('The file is empty', 0);
  const detected =
    format ?? detectFormat(head.flatMap((line) => (line.text === null ? [] : [line.text]))).format;
  if (!detected) {
    await lines.return(undefined);
    throw new UnreadableFileError(describeFormats(), 0);
  }
  return { format: detected, lines: interpret(detected, head, lines), bytesRead: () => bytes };
}

function describeFormats(): string {
  const labels = Object.values(FORMATS).map((format) => format.label);
  return `No line looks like a format this product reads (${labels.join(', ')})`;
}

async function* interpret(
  format: ImportFormat,
  head: readonly ReadLine[],
  rest: AsyncGenerator<ReadLine>,
): AsyncGenerator<ImportFileLine> {
  try {
    for (const line of head) yield interpretLine(format, line);
    for await (const line of rest) yield interpretLine(format, line);
  } finally {
    await rest.return(undefined);
  }
}

function interpretLine(format: ImportFormat, line: ReadLine): ImportFileLine {
  if (line.text === null) return { line: line.line, problem: line.problem };
  try {
    return { line: line.line, text: line.text, rows: readRow(format, line.text) };
  } catch (error) {
    if (!(error instanceof BadLineError)) throw error;
    const excerpt = toStorable(line.text.slice(0, EXCERPT_CHARACTERS));
    return { line: line.line, problem: { code: error.code, message: error.message, excerpt } };
  }
}

/** A cut can split a surrogate pair, and a bad line may hold NUL: neither can be stored. */
function toStorable(text: string): string {
  return text.replace(/\p{Surrogate}|\0/gu, '\uFFFD');
}

/** What the first rows of a file would become. The bytes may end in the middle of a line. */
export async function previewImport(head: Uint8Array, wanted?: ImportFormat): Promise<ImportPreview> {
  const compressed = isGzip(head);
  const lines: ReadLine[] = [];
  try {
    for await (const line of readLines(onlyChunk(head), IMPORT_LIMITS)) {
      lines.push(line);
      if (lines.length > DETECT_LINES) break;
    }
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    // The head of a gzip file is cut off by nature: what came out before is enough for a look.
    if (lines.length === 0) return { format: null, compressed, reason: error.message, rows: [] };
  }
  if (lines.length > 1 && isCutOff(lines.at(-1))) lines.pop();
  const texts = lines.flatMap((line) => (line.text === null ? [] : [line.text]));
  const detected = detectFormat(texts);
  const format = wanted ?? detected.format;
  const rows =
    format === null ? [] : lines.slice(0, PREVIEW_ROWS).flatMap((line) => previewLine(format, line));
  return { format, compressed, reason: detected.reason, rows };
}

/** The head of a file ends anywhere: half a row is not a bad row. */
function isCutOff(last: ReadLine | undefined): boolean {
  if (last?.text == null) return true;
  try {
    JSON.parse(last.text);
    return false;
  } catch {
    return true;
  }
}

async function* onlyChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function previewLine(format: ImportFormat, line: ReadLine): ImportPreview['rows'] {
  const read = interpretLine(format, line);
  if ('problem' in read) {
    return [
      { line: read.line, becomes: 'not imported', prompt: '', outputs: [], error: read.problem.message },
    ];
  }
  if (read.rows.length === 0) {
    return [
      {
        line: read.line,
        becomes: 'nothing: no message has two replies',
        prompt: '',
        outputs: [],
        error: null,
      },
    ];
  }
  return read.rows.slice(0, PREVIEW_ROWS).map((row) => ({
    line: read.line,
    becomes: describe(row),
    prompt: cut(row.conversation.at(-1)?.content ?? ''),
    outputs: row.responses.map((response) => cut(response.text)),
    error: null,
  }));
}

function describe(row: ImportedRow): string {
  const turns =
    row.conversation.length > 1 ? `a conversation of ${row.conversation.length} turns` : 'one prompt';
  if (row.responses.length === 0) return turns;
  return `a task: ${turns}, ${row.responses.length} outputs${row.ranks ? ', with human ranks' : ''}`;
}

function cut(text: string): string {
  return text.length > PREVIEW_CHARACTERS ? `${toStorable(text.slice(0, PREVIEW_CHARACTERS))}…` : text;
}
