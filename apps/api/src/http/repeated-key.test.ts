import { expect, test } from 'vitest';
import { findRepeatedKey } from './repeated-key.ts';

test.each([
  ['at the top', '{"a":1,"b":2,"a":3}', ['a']],
  ['deep in an object', '{"x":{"y":{"a":1,"a":1}}}', ['x', 'y', 'a']],
  ['in a list', '{"x":[1,[2,3],{"a":[{}],"b":{},"a":null}]}', ['x', 2, 'a']],
  ['spelled in two ways', String.raw`{"\u0061" : 1, "a" : 2}`, ['a']],
  ['the name of an inherited member', '{"toString":1,"toString":2}', ['toString']],
  ['after a text full of signs', String.raw`{"t":"\"{[,:\\","a":1,"a":2}`, ['a']],
])('a key that is there twice is found: %s', (_name, json, path) => {
  expect(findRepeatedKey(json)).toEqual(path);
});

test.each([
  ['one key in two objects', '[{"a":1},{"a":1},{"b":{"a":1},"a":2}]'],
  ['a key as a value', '{"a":"a","b":["a","a"],"c":{"d":"c"}}'],
  ['a key inside a text', String.raw`{"a":"{\"a\":1,\"a\":2}"}`],
  ['no object', '"a:a"'],
  ['inherited names once each', '{"__proto__x":1,"constructor":1,"hasOwnProperty":1}'],
])('what is there once is let through: %s', (_name, json) => {
  expect(findRepeatedKey(json)).toBeUndefined();
});

test('very deep nesting is walked without recursion', () => {
  expect(findRepeatedKey('['.repeat(200_000) + ']'.repeat(200_000))).toBeUndefined();
});
