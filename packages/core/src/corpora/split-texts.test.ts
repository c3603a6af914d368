import { describe, expect, it } from 'vitest';
import { splitTexts } from './split-texts.ts';

describe('the texts of a corpus file', () => {
  it('stand between blank lines, of whatever line ends', () => {
    expect(splitTexts('a.txt', 'One line\nand its next.\r\n\r\n  \r\nAnother.\n')).toEqual([
      'One line\nand its next.',
      'Another.',
    ]);
  });

  it('are the lines where no line is blank', () => {
    expect(splitTexts('a.txt', 'One.\nTwo.\n\n')).toEqual(['One.', 'Two.']);
  });

  it('are the "text" of each row of a JSONL file', () => {
    const rows = '{"text": "a\\n\\nb", "id": 1}\n\n{"text": "c"}\n{"text": " "}\n';
    expect(splitTexts('a.jsonl', rows)).toEqual(['a\n\nb', 'c']);
    expect(splitTexts('A.JSONL.gz', rows)).toHaveLength(2);
  });

  it('name the line that is not one', () => {
    for (const bad of ['{"prompt": "x"}', '{"text": 3}', 'null', '{'])
      expect(() => splitTexts('a.jsonl', `{"text":"fine"}\n${bad}\n`)).toThrow(
        /^Line 2 is not a JSON object/,
      );
    expect(() => splitTexts('a.txt', ' \n')).toThrow('a.txt has no text in it.');
  });
});
