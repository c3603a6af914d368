import type { FormSpec } from '@rankloop/contracts';

/** Everything that a key can ask for on the labeling page. */
export type CommandId =
  | 'submit'
  | 'back'
  | 'skip'
  | 'unrankable'
  | 'tie'
  | 'bothBad'
  | 'edit'
  | 'restore'
  | 'note'
  | 'guideline'
  | 'help'
  | 'raw'
  | 'differences'
  | 'unfold';

export interface Command {
  id: CommandId;
  key: string;
  /** As a person reads it. */
  keyLabel: string;
  title: string;
  /** Whether it means anything on a form; absent: always. */
  on?: (form: FormSpec) => boolean;
}

export const COMMANDS: readonly Command[] = [
  { id: 'submit', key: 'Enter', keyLabel: 'Enter', title: 'Submit and go to the next task' },
  { id: 'back', key: ',', keyLabel: ',', title: 'Back to the last answer' },
  { id: 'skip', key: 's', keyLabel: 's', title: 'Skip, with a reason' },
  {
    id: 'unrankable',
    key: 'n',
    keyLabel: 'n',
    title: 'None can be ranked',
    on: (form) => form.ranking !== undefined,
  },
  {
    id: 'tie',
    key: 't',
    keyLabel: 't',
    title: 'About the same',
    on: (form) => form.comparison?.allowTie === true,
  },
  {
    id: 'bothBad',
    key: 'b',
    keyLabel: 'b',
    title: 'Both are bad',
    on: (form) => form.comparison?.allowBothBad === true,
  },
  {
    id: 'edit',
    key: 'e',
    keyLabel: 'e',
    title: 'Edit the output',
    on: (form) => form.correction !== undefined,
  },
  {
    id: 'restore',
    key: 'r',
    keyLabel: 'r',
    title: 'Restore the original text',
    on: (form) => form.correction !== undefined,
  },
  { id: 'note', key: '/', keyLabel: '/', title: 'Write a note' },
  { id: 'guideline', key: 'g', keyLabel: 'g', title: 'Guideline' },
  { id: 'differences', key: 'd', keyLabel: 'd', title: 'Mark what outputs do not share' },
  { id: 'unfold', key: 'o', keyLabel: 'o', title: 'Show all of long outputs, or fold them' },
  { id: 'raw', key: 'm', keyLabel: 'm', title: 'Raw text, or laid out' },
  { id: 'help', key: '?', keyLabel: '?', title: 'All keys' },
];

export function commandsOf(form: FormSpec): Command[] {
  return COMMANDS.filter((command) => command.on?.(form) ?? true);
}

/** Keys that act on what has the focus, for the help sheet. */
export function focusKeysOf(form: FormSpec): { keyLabel: string; title: string }[] {
  return [
    ...(form.ranking
      ? [
          { keyLabel: '1 - 9', title: 'Give this place and move on; the same digit again ties' },
          { keyLabel: '0', title: 'Leave unranked' },
          { keyLabel: 'Backspace', title: 'Take the place back' },
          { keyLabel: 'Alt + ↑ ↓', title: 'Move up or down by half a step; without a place: to the end' },
        ]
      : []),
    ...(form.comparison ? [{ keyLabel: '1 - 7', title: 'From A much better to B much better' }] : []),
    ...(form.ratings
      ? [{ keyLabel: 'Digits', title: 'Give a mark and move on; 0 is ten where the scale has ten' }]
      : []),
    { keyLabel: 'Arrows, Tab', title: 'Move between outputs' },
    { keyLabel: 'Ctrl + Enter', title: 'Submit while writing' },
    { keyLabel: 'Esc', title: 'Leave a text field' },
  ];
}

/** The part of a keyboard event that decides. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  isComposing: boolean;
}

export type FocusPlace = 'text' | 'control' | 'page';

interface Situation {
  form: FormSpec;
  /** What has the focus: a text field, a button or link, or neither. */
  focus: FocusPlace;
  /** WCAG 2.1.4: a person may turn keys without a modifier off. */
  singleKeys: boolean;
}

/** The command of a key press, or none. A key held down or an input method at work is no command. */
export function commandOf(press: KeyPress, { form, focus, singleKeys }: Situation): CommandId | null {
  if (press.repeat || press.isComposing || press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return press.key === 'Enter' ? 'submit' : null;
  if (focus === 'text') return null;
  if (press.key === 'Enter') return focus === 'control' ? null : 'submit';
  if (!singleKeys) return null;
  return commandsOf(form).find((command) => command.key === press.key)?.id ?? null;
}
