import { ROUND_SETTING_SECTIONS, RoundConfig, type Setting, type SettingGroup } from '@rankloop/contracts';

type Section = keyof typeof ROUND_SETTING_SECTIONS;

/** A setting and where it stands in the configuration. */
export interface Field {
  /** Such as `ppo.learningRate`; a round's own have no dot. */
  path: string;
  section: Section;
  setting: Setting;
}

export const FIELDS: readonly Field[] = Object.entries(ROUND_SETTING_SECTIONS).flatMap(
  ([section, settings]) =>
    Object.entries<Setting>(settings).map(([key, setting]) => ({
      path: section === 'round' ? key : `${section}.${key}`,
      section: isSection(section) ? section : 'round',
      setting,
    })),
);

function isSection(name: string): name is Section {
  return name in ROUND_SETTING_SECTIONS;
}

export function fieldsOf(group: SettingGroup, section: Section): Field[] {
  return FIELDS.filter((field) => field.setting.group === group && field.section === section);
}

/** What the form holds: numbers as typed, so that "3e-" may become "3e-4". */
export type ConfigDraft = Readonly<Record<string, string | boolean>>;

export function draftOf(config: RoundConfig): ConfigDraft {
  return Object.fromEntries(
    FIELDS.map(({ path, setting }) => {
      const value = valueAt(config, path) ?? setting.default;
      return [path, typeof value === 'boolean' || typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}

function valueAt(config: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), config);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What is wrong with a field as typed; null when it may be used. */
export function problemOf({ setting }: Field, typed: string | boolean | undefined): string | null {
  if (setting.kind === 'choice' || setting.kind === 'switch') return null;
  const value = typeof typed === 'string' && typed.trim() !== '' ? Number(typed) : NaN;
  const { min, max } = setting;
  const kind = setting.kind === 'integer' ? 'a whole number' : 'a number';
  const fits = Number.isFinite(value) && value >= min && value <= max;
  return fits && (setting.kind === 'number' || Number.isInteger(value))
    ? null
    : `Give ${kind} from ${min} to ${max}`;
}

/** The configuration that a draft means; null while a field is wrong. */
export function configOf(recipe: RoundConfig['recipe'], draft: ConfigDraft): RoundConfig | null {
  if (FIELDS.some((field) => problemOf(field, draft[field.path]) !== null)) return null;
  const config: Record<string, unknown> = { recipe };
  const parts: Record<string, Record<string, unknown>> = {};
  for (const { path, section, setting } of FIELDS) {
    const typed = draft[path];
    const value = setting.kind === 'number' || setting.kind === 'integer' ? Number(typed) : typed;
    const key = path.slice(path.indexOf('.') + 1);
    if (section === 'round') config[key] = value;
    else (parts[section] ??= {})[key] = value;
  }
  const parsed = RoundConfig.safeParse({ ...config, ...parts });
  return parsed.success ? parsed.data : null;
}

/** Fields that differ from what they started as. */
export function changedFields(draft: ConfigDraft, start: ConfigDraft): Field[] {
  return FIELDS.filter(({ path }) => draft[path] !== start[path]);
}
