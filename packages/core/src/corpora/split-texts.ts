import { AppError } from '@rankloop/contracts';

/**
 * The texts of a file. JSON Lines with "text" give one each; in a plain file blank lines stand between texts, and a file
 * without blank lines has one text a line. Texts of nothing but spaces are left out.
 *
 * @throws AppError `import_unreadable` that names the line
 */
export function splitTexts(fileName: string, content: string): string[] {
  const marked = content.replace(/^\uFEFF/, '');
  const texts = /\.jsonl(\.gz)?$/i.test(fileName) ? readJsonLines(marked) : readPlain(marked);
  const kept = texts.map((text) => text.trim()).filter((text) => text !== '');
  if (kept.length === 0)
    throw new AppError('import_unreadable', { detail: `${fileName} has no text in it.` });
  return kept;
}

function readPlain(content: string): string[] {
  const lines = content.replace(/\r\n?/g, '\n');
  return /\n[ \t]*\n/.test(lines.trim()) ? lines.split(/\n[ \t]*(?:\n[ \t]*)+/) : lines.split('\n');
}

function readJsonLines(content: string): string[] {
  return content.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const text = textOf(line);
    if (text !== null) return [text];
    throw new AppError('import_unreadable', {
      detail: `Line ${i + 1} is not a JSON object with a "text", such as {"text": "Once upon a time."}.`,
    });
  });
}

function textOf(line: string): string | null {
  try {
    const row: unknown = JSON.parse(line);
    const text: unknown = typeof row === 'object' && row !== null && 'text' in row ? row.text : null;
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}
