import '../strict-csp.ts';
import { z } from 'zod';

/**
 * Settings of a round. Each is described once, here: the schema takes its limits and default from the description,
 * and the web form draws its field from the same entry.
 */
export type SettingGroup = 'usual' | 'more' | 'all';

interface SettingText {
  readonly label: string;
  /** One line, shown under the field. */
  readonly help: string;
  readonly group: SettingGroup;
  /** What papers and libraries use, as text beside the field. */
  readonly literature: string;
}

export interface NumberSetting extends SettingText {
  readonly kind: 'number' | 'integer';
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

export interface ChoiceSetting<Value extends string = string> extends SettingText {
  readonly kind: 'choice';
  readonly choices: readonly [Value, ...Value[]];
  readonly default: Value;
}

export interface SwitchSetting extends SettingText {
  readonly kind: 'switch';
  readonly default: boolean;
}

export type Setting = NumberSetting | ChoiceSetting | SwitchSetting;

export function numberOf(setting: NumberSetting) {
  const number = z.number().min(setting.min).max(setting.max);
  return (setting.kind === 'integer' ? number.int() : number).default(setting.default);
}
export function choiceOf<Value extends string>(setting: ChoiceSetting<Value>) {
  return z.enum(setting.choices).default(() => setting.default);
}
export function switchOf(setting: SwitchSetting) {
  return z.boolean().default(setting.default);
}
