import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What a field is to be, after its name; a schema's own sentences go first. */
const inWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kindInWords(issue)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      return issue.origin === 'array' ? 'has too few entries' : `must be at least ${String(issue.minimum)}`;
    case 'too_big':
      if (issue.origin === 'string') return `is longer than ${String(issue.maximum)} characters`;
      return issue.origin === 'array'
        ? `has more than ${String(issue.maximum)} entries`
        : `must be at most ${String(issue.maximum)}`;
    case 'invalid_union':
      return unionInWords(issue.errors);
    default:
      return 'does not fit the format';
  }
};

/** "must be a text or a list"; or what is wrong within, where the value is of one of the kinds. */
function unionInWords(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const first = branches.flatMap((issues) => issues.slice(0, 1));
  const within = first.find(({ path, code }) => path.length > 0 || code !== 'invalid_type');
  if (within) return [within.path.join('.'), within.message].filter((part) => part !== '').join(' ');
  const kinds = first.flatMap((issue) => (issue.code === 'invalid_type' ? [kindInWords(issue)] : []));
  return `must be ${[...new Set(kinds)].join(' or ')}`;
}

function kindInWords({ expected }: { readonly expected: string }): string {
  return KINDS[expected] ?? 'of another kind';
}

/** Gives a schema's findings in words for people who look at a line of their file. */
export const IN_WORDS = { error: inWords };
