import type { Message } from '@rankloop/contracts';
import { z } from 'zod';
import { BadLineError } from '../lines/parse-json-line.ts';
import type { ImportedRow } from '@rankloop/contracts';
import { IN_WORDS } from './issue-in-words.ts';

/** Two transcripts of "Human:" / "Assistant:" turns; the people chose the first. */
export const HhPairRow = z.object({ chosen: z.string().max(1_000_000), rejected: z.string().max(1_000_000) });

const TURN = /\n\n(Human|Assistant): ?/g;

/** Splits a transcript into turns. @throws BadLineError when it does not start with a turn */
export function readTranscript(transcript: string): Message[] {
  const marks = [...transcript.matchAll(TURN)];
  if (marks[0]?.index !== 0) {
    throw new BadLineError(
      'not_a_transcript',
      'A transcript must start with "\\n\\nHuman:" or "\\n\\nAssistant:"',
    );
  }
  return marks.map((mark, i) => ({
    role: mark[1] === 'Human' ? 'user' : 'assistant',
    content: transcript.slice(mark.index + mark[0].length, marks[i + 1]?.index),
  }));
}

/**
 * The turns that both transcripts share, up to the last shared human turn, are the prompt; what follows is each response.
 * Where the transcripts part before their last turn, the rest of each one, with its later turns, is the response: that is
 * what the people compared. An empty reply stays an empty response.
 */
export function readHhPairRow(value: unknown): ImportedRow[] {
  const row = HhPairRow.parse(value, IN_WORDS);
  const chosen = readTranscript(row.chosen);
  const rejected = readTranscript(row.rejected);
  let shared = 0;
  while (shared < Math.min(chosen.length, rejected.length) && isSameTurn(chosen[shared], rejected[shared]))
    shared++;
  while (shared > 0 && chosen[shared - 1]?.role !== 'user') shared--;
  if (shared === 0)
    throw new BadLineError('no_shared_prompt', 'The two transcripts share no human turn to start from');
  const responses = [renderRest(chosen.slice(shared)), renderRest(rejected.slice(shared))];
  if (responses[0] === responses[1])
    throw new BadLineError('same_responses', 'Both transcripts are the same');
  return [
    {
      externalId: null,
      conversation: chosen.slice(0, shared),
      useCase: null,
      metadata: {},
      responses: responses.map((text) => ({ text, modelName: null, externalId: null })),
      ranks: [1, 2],
    },
  ];
}

function isSameTurn(a: Message | undefined, b: Message | undefined): boolean {
  return a !== undefined && a.role === b?.role && a.content === b.content;
}

/** One assistant turn is its text; several turns keep their speakers. */
function renderRest(turns: readonly Message[]): string {
  if (turns.length === 0) return '';
  const [first, ...others] = turns;
  if (first?.role === 'assistant' && others.length === 0) return first.content;
  return turns.map((turn) => `${turn.role === 'user' ? 'Human' : 'Assistant'}: ${turn.content}`).join('\n\n');
}
