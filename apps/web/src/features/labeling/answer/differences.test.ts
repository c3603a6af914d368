import { expect, it } from 'vitest';
import { differences } from './differences.ts';

it('marks the words that not every output has, whatever their case', () => {
  const [first] = differences(['The coffee was great.', 'the tea was great!', 'The soup was great']);
  expect(first).toEqual([
    { text: 'The ', own: false },
    { text: 'coffee', own: true },
    { text: ' was great.', own: false },
  ]);
});

it('loses no character', () => {
  const texts = ['  a\nb  c ', 'Ünï code — “x”', ''];
  expect(differences(texts).map((pieces) => pieces.map((piece) => piece.text).join(''))).toEqual(texts);
});
