import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECIPE_METRICS, RECIPES, RecipeName } from '../recipes.ts';

const FOLDER = join(import.meta.dirname, '../../../../docs/recipes');
const read = (page: string) => readFileSync(join(FOLDER, `${page}.md`), 'utf8');

/** The first two cells of every row whose first is a name in code quotes, such as `beta` and 0.1. */
function settingsOf(page: string): Map<string, string> {
  const rows = page.matchAll(/^\| *`([A-Za-z]+)` *\| *`?([^|`]*?)`? *\|/gm);
  return new Map([...rows].map(([, key = '', value = '']) => [key, value]));
}

const spoken = (value: string | number | boolean) =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);

/** 0.0001, 1e-4 and 10,000 are numbers in the same way. */
const same = (written: string, value: string | number | boolean) =>
  typeof value === 'number' ? Number(written.replaceAll(',', '')) === value : written === spoken(value);

describe('the page of a recipe', () => {
  it('is there for every recipe, is named in the index, and there is none without a recipe', () => {
    const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md');
    expect(pages.sort()).toEqual(RecipeName.options.map((name) => `${name}.md`).sort());
    const index = read('README');
    expect(RecipeName.options.filter((name) => !index.includes(`(${name}.md)`))).toEqual([]);
  });

  const written = RecipeName.options.filter((name) => existsSync(join(FOLDER, `${name}.md`)));
  it.each(written)('%s: has every setting with its default, and no other', (name) => {
    const rows = settingsOf(read(name));
    const settings = Object.entries(RECIPES[name].settings);
    expect([...rows.keys()].sort()).toEqual(settings.map(([key]) => key).sort());
    const wrong = settings.filter(([key, setting]) => !same(rows.get(key) ?? '', setting.default));
    expect(
      wrong.map(([key, setting]) => `${key} is ${spoken(setting.default)}, not ${rows.get(key)}`),
    ).toEqual([]);
  });

  it.each(written)('%s: explains every metric', (name) => {
    const page = read(name);
    expect(RECIPE_METRICS[name].filter((metric) => !page.includes(`\`${metric}\``))).toEqual([]);
  });

  it.each(written)('%s: says what it is for, when to use it and what goes wrong', (name) => {
    const page = read(name);
    for (const title of ['Objective', 'When to use it', 'Settings', 'Metrics', 'Traps'])
      expect(page).toContain(`\n## ${title}\n`);
  });
});
