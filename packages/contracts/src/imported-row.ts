import type { Message } from './common.ts';

/** What one row of a file becomes: a prompt alone, or a task with given responses. */
export interface ImportedRow {
  /** The sender's id, or one that the format implies (the message above the replies). */
  externalId: string | null;
  conversation: Message[];
  useCase: string | null;
  metadata: Record<string, unknown>;
  responses: ImportedResponse[];
  /** Human ranks that came with the row, one per response: 1 is best, equal is a tie, null is not ranked. */
  ranks: (number | null)[] | null;
}

export interface ImportedResponse {
  text: string;
  modelName: string | null;
  externalId: string | null;
}

export const MAX_RESPONSES = 16;
