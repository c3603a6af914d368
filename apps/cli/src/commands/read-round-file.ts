import { readFile } from 'node:fs/promises';
import { explainRoundIssues, RoundConfig } from '@rankloop/contracts';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';

/**
 * A round's configuration from a YAML file; what is left out has its default.
 *
 * @throws Error with one line for each thing that is wrong: file, line, what, how to mend it
 */
export async function readRoundFile(file: string): Promise<RoundConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`There is no file ${file}, or it cannot be read.`, { cause });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line;
  const [broken] = document.errors;
  if (broken !== undefined) {
    const what = broken.message.split(/ at line \d+|\n/)[0] ?? '';
    throw new Error(`${file}, line ${lineAt(broken.pos[0])}: This is not YAML: ${what}.`);
  }
  // An empty file is a round of defaults.
  const value = valueOf(document, file);
  const parsed = RoundConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const lineOf = (path: readonly (string | number)[]): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node)) return lineAt(node.range?.[0]);
    return path.length === 0 ? 1 : lineOf(path.slice(0, -1));
  };
  const sentences = explainRoundIssues(value, parsed.error).map(
    ({ path, message }) => `${file}, line ${lineOf(path)}, ${path.join('.') || 'the document'}: ${message}`,
  );
  throw new Error(sentences.join('\n'));
}

/** An alias without an anchor, or one too many, is found only when the values are put together. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file}: This is not YAML: ${why}.`, { cause });
  }
}
