// A model folder in Hugging Face's layout: config.json, model.safetensors, tokenizer.json.

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedShapes, parseConfig, toConfigJson, type CausalLmConfig } from '../models/config.ts';
import { readSafetensors, readSafetensorsHeader, encodeSafetensors, type HostTensor } from './safetensors.ts';

export interface ModelFolder {
  readonly config: CausalLmConfig;
  /** config.json as it stands in the folder, with the keys that this code does not know. */
  readonly configJson: Readonly<Record<string, unknown>>;
  /** All weights by Hugging Face name: the trunk's, and those of any head ("score.weight", ...). */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** tokenizer.json, parsed; null where the folder has none. */
  readonly tokenizerJson: Readonly<Record<string, unknown>> | null;
}

export interface NewModelFolder {
  readonly config: CausalLmConfig;
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly tokenizerJson: Readonly<Record<string, unknown>> | null;
  /** Further keys of config.json: an architecture, a reward normalisation. */
  readonly configExtras?: Readonly<Record<string, unknown>>;
}

const MAX_JSON_BYTES = 200_000_000;

/** Tensors of older GPT-2 files that are constants, not weights: the causal mask and its fill value. */
const CONSTANT_BUFFER = /^(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)$/;

/**
 * Reads and checks a folder. Refused, with a sentence that names the tensor: wrong shapes, missing tensors, truncated
 * files, bad headers. Sizes are compared before any weight is read.
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const configPath = join(dir, 'config.json');
  const configJson = asObject(await readJson(configPath), configPath);
  const config = parseConfig(configJson, configPath);
  const weightsPath = join(dir, 'model.safetensors');
  const header = await readSafetensorsHeader(weightsPath).catch((error: unknown) => {
    throw isMissingFile(error) ? new Error(`${dir} has no model.safetensors.`) : error;
  });

  // A file of a bare GPT2Model has no "transformer." in front of its names.
  const prefix = header.entries.has('wte.weight') ? 'transformer.' : '';
  const names = new Map<string, string>();
  for (const inFile of header.entries.keys()) {
    if (CONSTANT_BUFFER.test(inFile) || inFile === 'lm_head.weight') continue;
    names.set(/^(wte|wpe|h|ln_f)\./.test(inFile) ? prefix + inFile : inFile, inFile);
  }
  for (const [name, shape] of expectedShapes(config)) {
    const entry = header.entries.get(names.get(name) ?? '');
    if (entry === undefined) throw new Error(`${weightsPath} lacks the tensor ${name}.`);
    if (entry.shape.join() !== shape.join()) {
      throw new Error(
        `${weightsPath}: tensor ${name} has shape [${entry.shape.join(', ')}], but config.json asks for [${shape.join(', ')}].`,
      );
    }
  }

  const read = await readSafetensors(weightsPath, header, names.values());
  const tensors = new Map<string, HostTensor>();
  for (const [name, inFile] of names) {
    const tensor = read.get(inFile);
    if (tensor !== undefined) tensors.set(name, tensor);
  }
  const tokenizerPath = join(dir, 'tokenizer.json');
  const tokenizerJson = await readJson(tokenizerPath).catch((error: unknown) => {
    if (isMissingFile(error)) return null;
    throw error;
  });
  return {
    config,
    configJson,
    tensors,
    tokenizerJson: tokenizerJson === null ? null : asObject(tokenizerJson, tokenizerPath),
  };
}

/** Writes a folder that Hugging Face's tools read. The caller names a fresh folder and renames it into place. */
export async function writeModelFolder(dir: string, folder: NewModelFolder): Promise<void> {
  await mkdir(dir, { recursive: true });
  const configJson = { ...toConfigJson(folder.config), ...folder.configExtras };
  await writeFile(join(dir, 'config.json'), JSON.stringify(configJson, null, 2) + '\n');
  await writeFile(join(dir, 'model.safetensors'), encodeSafetensors(folder.tensors));
  if (folder.tokenizerJson === null) return;
  await writeFile(join(dir, 'tokenizer.json'), JSON.stringify(folder.tokenizerJson, null, 2) + '\n');
  // transformers picks its fast tokenizer class from this file.
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: folder.config.nPositions,
  };
  await writeFile(join(dir, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig, null, 2) + '\n');
}

async function readJson(path: string): Promise<unknown> {
  const { size } = await stat(path);
  if (size > MAX_JSON_BYTES) throw new Error(`${path} is ${size} bytes long: too large for a JSON file.`);
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON.`);
  }
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${path} is not a JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
