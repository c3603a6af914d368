// Ways to damage a model folder, chosen by a seeded generator.

import { readdir, readFile, rm, symlink, truncate, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../engine/random.ts';

type JsonObject = Record<string, unknown>;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e6,
  2 ** 53,
  1e308,
  '',
  'x',
  '__proto__',
  'toString',
  'I64',
  'F4',
  [],
  [[]],
  [-1],
  [2 ** 52, 2 ** 52],
  [0, 4],
  {},
  { type: 'yarn', factor: 4 },
];
const ODD_TEXTS: readonly string[] = [
  '',
  'null',
  '[]',
  '"text"',
  '{',
  '{"__proto__": {"vocab_size": 3}}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  '['.repeat(100_000),
  '{"a":'.repeat(100_000),
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  '{"weight_map": {"__proto__": "model.safetensors"}}',
  '{"weight_map": {"a": "model.safetensors.index.json"}}',
  '\u0000',
  '{"model_type": "llama", "model_type": "gpt2"}',
];
const ESCAPES: readonly string[] = [
  '../model.safetensors',
  '/etc/passwd',
  '/dev/zero',
  'sub/model.safetensors',
  '..',
  '.',
  '',
  '..\\model.safetensors',
  'model.safetensors\u0000.txt',
  'model.safetensors.index.json',
];

type Damage = (dir: string, random: Random) => Promise<void>;

const DAMAGES: readonly Damage[] = [
  async function flipBytes(dir, random) {
    const path = await someFile(dir, random);
    const bytes = await readFile(path);
    // Most of a file are weights, of which any are as good: rather its beginning.
    const end = random.below(2) === 0 ? Math.min(bytes.length, 400) : bytes.length;
    for (let i = random.below(8); i >= 0 && end > 0; i--) bytes[random.below(end)] = random.below(256);
    await writeFile(path, bytes);
  },
  async function cutShort(dir, random) {
    const path = await someFile(dir, random);
    await truncate(path, random.below((await readFile(path)).length + 1));
  },
  async function append(dir, random) {
    const path = await someFile(dir, random);
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(1 + random.below(64), 0x20)]));
  },
  async function lieAboutHeaderLength(dir, random) {
    const path = await someFile(dir, random, '.safetensors');
    const bytes = await readFile(path);
    bytes.writeBigUInt64LE(2n ** BigInt(random.below(64)) - BigInt(random.below(2)), 0);
    await writeFile(path, bytes);
  },
  async function changeHeader(dir, random) {
    await editHeader(await someFile(dir, random, '.safetensors'), random, (header) =>
      oddInside(header, random),
    );
  },
  async function overlapTensors(dir, random) {
    await editHeader(await someFile(dir, random, '.safetensors'), random, (header) => {
      const [one, other] = [pick(random, Object.values(header)), pick(random, Object.values(header))];
      if (isObject(one) && isObject(other)) one['data_offsets'] = other['data_offsets'];
    });
  },
  async function changeJson(dir, random) {
    const path = await someFile(dir, random, '.json');
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isObject(json)) oddInside(json, random);
    await writeFile(path, JSON.stringify(json));
  },
  async function replaceText(dir, random) {
    await writeFile(await someFile(dir, random, '.json'), pick(random, ODD_TEXTS));
  },
  async function replaceHeader(dir, random) {
    const text = Buffer.from(pick(random, ODD_TEXTS));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(await someFile(dir, random, '.safetensors'), Buffer.concat([length, text]));
  },
  async function removeFile(dir, random) {
    await rm(await someFile(dir, random));
  },
  async function escapeFolder(dir, random) {
    await rm(join(dir, 'model.safetensors'), { force: true });
    const names = ['transformer.wte.weight', 'model.norm.weight', '__proto__', 'score.weight'];
    const weightMap = names.map(
      (name) => `${JSON.stringify(name)}: ${JSON.stringify(pick(random, ESCAPES))}`,
    );
    await writeFile(join(dir, 'model.safetensors.index.json'), `{"weight_map": {${weightMap.join(', ')}}}`);
  },
  async function putFolderInPlace(dir, random) {
    const path = await someFile(dir, random);
    await rm(path);
    await mkdir(path);
  },
  async function linkToDevice(dir, random) {
    const path = await someFile(dir, random);
    await rm(path);
    await symlink(pick(random, ['/dev/zero', '/dev/null', '/dev/nowhere', path]), path);
  },
];

/** One to three damages; returns their names, for the message of a failing test. */
export async function damageFolder(dir: string, random: Random): Promise<string[]> {
  const names: string[] = [];
  for (let left = 1 + random.below(3); left > 0; left--) {
    const damage = pick(random, DAMAGES);
    names.push(damage.name);
    // An earlier damage may have left nothing for this one.
    await damage(dir, random).catch(() => undefined);
  }
  return names;
}

/** A regular file: what an earlier damage linked to a device would be read for ever. */
async function someFile(dir: string, random: Random, suffix = ''): Promise<string> {
  const entries = await readdir(dir, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(suffix));
  return join(dir, pick(random, files.map(({ name }) => name).sort()));
}

async function editHeader(path: string, random: Random, edit: (header: JsonObject) => void): Promise<void> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header: unknown = JSON.parse(bytes.subarray(8, 8 + length).toString());
  if (!isObject(header)) return;
  edit(header);
  const text = JSON.stringify(header).replace('"dtype"', random.below(9) === 0 ? '"__proto__"' : '"dtype"');
  const newLength = Buffer.alloc(8);
  newLength.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
  await writeFile(path, Buffer.concat([newLength, Buffer.from(text), bytes.subarray(8 + length)]));
}

/** Puts an odd value somewhere into a JSON object, or takes something out. */
function oddInside(json: JsonObject, random: Random): void {
  const key = pick(random, Object.keys(json));
  const value = json[key];
  if (isObject(value) && random.below(4) > 0) oddInside(value, random);
  else if (random.below(5) === 0) Reflect.deleteProperty(json, key);
  else json[key] = pick(random, ODD_VALUES);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}
