import type { ImportFormat } from '@rankloop/contracts';
import { ZodError } from 'zod';
import { BadLineError, parseJsonLine } from '../lines/parse-json-line.ts';
import { HhPairRow, readHhPairRow } from './hh-pairs.ts';
import type { ImportedRow } from '@rankloop/contracts';
import { OasstTreeRow, readOasstTreeRow } from './oasst-trees.ts';
import { PromptRow, readPromptRow } from './prompts.ts';
import { readResponsesRow, ResponsesRow } from './responses.ts';

interface FormatReader {
  label: string;
  /** Cheap test on one parsed row. */
  matches: (row: Record<string, unknown>) => boolean;
  read: (row: unknown) => ImportedRow[];
}

/** Most specific first: detection takes the first that matches. */
export const FORMATS: Record<ImportFormat, FormatReader> = {
  'oasst-trees': {
    label: 'Open-Assistant message trees',
    matches: (row) => 'message_tree_id' in row && OasstTreeRow.safeParse(row).success,
    read: readOasstTreeRow,
  },
  'hh-pairs': {
    label: 'Anthropic HH pairs of transcripts',
    matches: (row) => HhPairRow.safeParse(row).success && !('prompt' in row),
    read: readHhPairRow,
  },
  responses: {
    label: 'prompts with responses',
    matches: (row) => 'responses' in row && ResponsesRow.safeParse(row).success,
    read: readResponsesRow,
  },
  prompts: {
    label: 'prompts',
    matches: (row) => !('responses' in row) && PromptRow.safeParse(row).success,
    read: readPromptRow,
  },
};

/** Reads one line as the format says. @throws BadLineError with a sentence that names the field */
export function readRow(format: ImportFormat, text: string): ImportedRow[] {
  const row = parseJsonLine(text);
  try {
    return FORMATS[format].read(row);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const issue = error.issues[0];
    const field = issue && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : 'The row ';
    throw new BadLineError('wrong_shape', `${field}${issue?.message ?? 'does not fit the format'}`);
  }
}

/** The format that fits most of the first lines, and a sentence why; null when none fits any. */
export function detectFormat(lines: readonly string[]): { format: ImportFormat | null; reason: string } {
  const votes = new Map<ImportFormat, number>();
  for (const line of lines) {
    const format = detectRow(line);
    if (format) votes.set(format, (votes.get(format) ?? 0) + 1);
  }
  const [best] = [...votes].sort(([, a], [, b]) => b - a);
  if (!best) {
    return { format: null, reason: 'None of the first lines looks like a format this product reads.' };
  }
  const [format, count] = best;
  return {
    format,
    reason: `${count} of the first ${lines.length} lines look like ${FORMATS[format].label}.`,
  };
}

function detectRow(line: string): ImportFormat | null {
  try {
    const row = parseJsonLine(line);
    const formats = Object.keys(FORMATS) as ImportFormat[]; // the keys of a full record
    return formats.find((format) => FORMATS[format].matches(row)) ?? null;
  } catch {
    return null;
  }
}
