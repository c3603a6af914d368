import type { ImportFormat } from '@rankloop/contracts';

/** What each format is, for people. */
export const FORMATS: Record<ImportFormat, { label: string; help: string; hasJudgements: boolean }> = {
  prompts: {
    label: 'Prompts',
    help: 'One prompt or conversation a line; the model writes the outputs.',
    hasJudgements: false,
  },
  responses: {
    label: 'Prompts with responses',
    help: 'Each line has a prompt and 2 to 16 responses of any model; each becomes a task.',
    hasJudgements: true,
  },
  'hh-pairs': {
    label: 'Anthropic HH pairs',
    help: 'Transcripts {chosen, rejected}; each pair becomes a task.',
    hasJudgements: true,
  },
  'oasst-trees': {
    label: 'Open-Assistant message trees',
    help: 'Each group of 2 or more assistant replies becomes a task.',
    hasJudgements: true,
  },
};

export function formatLabel(format: string): string {
  return Object.entries(FORMATS).find(([name]) => name === format)?.[1].label ?? format;
}
