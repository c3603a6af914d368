import { expect, it } from 'vitest';
import { commandOf, COMMANDS, commandsOf, type KeyPress } from './commands.ts';

const RANKING = { ranking: { allowTies: true, allowPartial: true } };
const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  isComposing: false,
  ...change,
});
const onPage = { form: RANKING, focus: 'page', singleKeys: true } as const;

it('has one command for each key', () => {
  expect(new Set(COMMANDS.map((command) => command.key)).size).toBe(COMMANDS.length);
});

it('keeps digits free for what has the focus', () => {
  expect(COMMANDS.filter((command) => /^\d$/.test(command.key))).toEqual([]);
});

it('types letters in a text field, where only Ctrl + Enter submits', () => {
  const inText = { ...onPage, focus: 'text' } as const;
  expect(commandOf(press('s'), inText)).toBeNull();
  expect(commandOf(press('Enter'), inText)).toBeNull();
  expect(commandOf(press('Enter', { ctrlKey: true }), inText)).toBe('submit');
});

it('lets Enter press the button that has the focus', () => {
  expect(commandOf(press('Enter'), { ...onPage, focus: 'control' })).toBeNull();
  expect(commandOf(press('Enter'), onPage)).toBe('submit');
});

it('submits once when Enter is held down, and not while an input method composes', () => {
  expect(commandOf(press('Enter', { repeat: true }), onPage)).toBeNull();
  expect(commandOf(press('Enter', { isComposing: true }), onPage)).toBeNull();
});

it('leaves the keys of the browser alone', () => {
  expect(commandOf(press('s', { ctrlKey: true }), onPage)).toBeNull();
  expect(commandOf(press('d', { altKey: true }), onPage)).toBeNull();
});

it('turns single keys off, all but Enter', () => {
  const off = { ...onPage, singleKeys: false };
  expect(commandOf(press('n'), off)).toBeNull();
  expect(commandOf(press('Enter'), off)).toBe('submit');
});

it('offers only what the form knows', () => {
  const keys = commandsOf({ comparison: { allowTie: false, allowBothBad: true } }).map(
    (command) => command.id,
  );
  expect(keys).toContain('bothBad');
  expect(keys).not.toContain('tie');
  expect(keys).not.toContain('unrankable');
});
