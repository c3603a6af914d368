// Folders whose weights are half-precision, as most published models are: read as float32, written as float32.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelFolder, writeModelFolder } from './model-folder.ts';
import type { HostTensor } from './safetensors.ts';

const SOURCE = join(import.meta.dirname, '../models/fixtures/small-llama');
/** Steps that float16 (for numbers below 8) and bfloat16 (below 2) both hold. */
const [F16_STEP, BF16_STEP] = [1 / 256, 1 / 128];

interface Half {
  readonly dtype: 'F16' | 'BF16';
  readonly step: number;
  readonly bitsOf: (value: number) => number;
}
const f16: Half = {
  dtype: 'F16',
  step: F16_STEP,
  bitsOf: (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024;
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  },
};
const bf16: Half = {
  dtype: 'BF16',
  step: BF16_STEP,
  bitsOf: (value) => (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) >>> 16,
};

let folder: string;
let expected: Map<string, HostTensor>;

/** One shard, with every value rounded to what its type holds. */
async function writeShard(name: string, tensors: ReadonlyMap<string, HostTensor>, { dtype, bitsOf }: Half) {
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [tensor, { shape, values }] of tensors) {
    const bytes = Buffer.from(Uint16Array.from(values, bitsOf).buffer);
    header[tensor] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  await writeFile(join(folder, name), Buffer.concat([size, json, ...parts]));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankloop-half-'));
  await cp(SOURCE, folder, { recursive: true });
  const { tensors } = await readModelFolder(SOURCE);
  await rm(join(folder, 'model.safetensors'));
  const names = [...tensors.keys()].sort();
  const shards = [
    { file: 'model-00001-of-00002.safetensors', half: f16, names: names.slice(0, names.length / 2) },
    { file: 'model-00002-of-00002.safetensors', half: bf16, names: names.slice(names.length / 2) },
  ];
  const weightMap: Record<string, string> = {};
  expected = new Map();
  for (const { file, half, names: own } of shards) {
    const rounded = new Map<string, HostTensor>();
    for (const name of own) {
      const { shape, values } = tensors.get(name) ?? expect.fail(name);
      // Within (-1, 1), where both types hold every step.
      const steps = values.map((value) => Math.round(Math.tanh(value) / half.step) * half.step);
      rounded.set(name, { shape, values: steps.map((value) => (value === 0 ? 0 : value)) });
      weightMap[name] = file;
    }
    await writeShard(file, rounded, half);
    for (const [name, tensor] of rounded) expected.set(name, tensor);
  }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a sharded folder of float16 and bfloat16 weights', () => {
  it('is read as float32, every value exactly', async () => {
    const { tensors, unexpected } = await readModelFolder(folder);
    expect(unexpected).toEqual([]);
    expect(new Map([...tensors].sort())).toEqual(new Map([...expected].sort()));
    // Else rounding would have left nothing to compare.
    const all = [...expected.values()].flatMap(({ values }) => [...values]);
    expect(new Set(all).size).toBeGreaterThan(50);
    expect(all.some((value) => value < 0)).toBe(true);
  });

  it('is written as one float32 file with the same values', async () => {
    const read = await readModelFolder(folder);
    const copy = join(folder, 'copy');
    await writeModelFolder(copy, { ...read, trainedFrom: folder });
    const again = await readModelFolder(copy);
    expect(new Map([...again.tensors].sort())).toEqual(new Map([...expected].sort()));
    const file = await readFile(join(copy, 'model.safetensors'));
    const header = file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString();
    expect(header).not.toMatch(/F16/);
    expect(again.configJson['dtype'] ?? again.configJson['torch_dtype']).toBe('float32');
  });
});
