// A model folder in Hugging Face's layout: config.json, model.safetensors (or shards), tokenizer.json.

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { passFaultPoint } from '@rankloop/contracts';
import {
  expectedTensors,
  parseConfig,
  toConfigJson,
  UNTIED_HEAD,
  type CausalLmConfig,
} from '../models/config.ts';
import { readTokenizerFiles } from '../tokenizers/tokenizer-files.ts';
import { isFloatDtype } from './float-formats.ts';
import { fileSize, readJsonObject } from './json-file.ts';
import { encodeSafetensors, sizeOf, type HostTensor } from './safetensors.ts';
import { findTensors, readTensors, type StoredTensor } from './weight-files.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface ModelFolder {
  readonly config: CausalLmConfig;
  /** config.json as it stands in the folder, with the keys that this code does not know. */
  readonly configJson: JsonObject;
  /** Weights by Hugging Face name: the trunk's, the unembedding's, and those of a scalar head ("score.weight", ...). */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Names of tensors in the files that no part of the model asks for; they were not read. */
  readonly unexpected: readonly string[];
  /** tokenizer.json, parsed; null where the folder has none. */
  readonly tokenizerJson: JsonObject | null;
  /** tokenizer_config.json, with the chat template of chat_template.jinja; null where the folder has neither. */
  readonly tokenizerConfigJson: JsonObject | null;
}

export interface NewModelFolder {
  readonly config: CausalLmConfig;
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly tokenizerJson: JsonObject | null;
  /** Special tokens and chat template, as they were read. */
  readonly tokenizerConfigJson?: JsonObject | null;
  /** Further keys of config.json: an architecture, a reward normalisation. */
  readonly configExtras?: JsonObject;
  /** The folder that the weights began in: what it says to other tools comes along. */
  readonly trainedFrom?: string | undefined;
}

/** Tensors of older files that are constants, not weights: GPT-2's causal mask and its fill value, Llama's angles. */
const CONSTANT_BUFFER =
  /^(\w+\.)?(h\.\d+\.attn\.(bias|masked_bias)|layers\.\d+\.self_attn\.rotary_emb\.inv_freq)$/;
/** Reward and value heads, by the names that transformers and TRL give them. */
const SCALAR_HEAD = /^(score|value|v_head(\.summary)?)\.(weight|bias)$/;
/** Names that an error lists before it counts the rest. */
const NAMES_SHOWN = 5;

/**
 * Reads and checks a folder. Refused, with a sentence that names the tensor: wrong shapes, missing tensors, types that
 * are no numbers, truncated files, bad headers, more than the machine's memory. All is compared before any weight is
 * read, and nothing in the folder is ever run. A model's own unembedding may be missing: reward models have none.
 */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const configPath = join(dir, 'config.json');
  const configJson = await readJsonObject(configPath);
  const config = parseConfig(configJson, configPath);
  const { wanted, unexpected } = chooseTensors(config, await findTensors(dir), dir);
  refuseMoreThanMemory(wanted, dir);
  const tokenizer = await readTokenizerFiles(dir);
  return {
    config,
    configJson,
    tensors: await readTensors(wanted),
    unexpected,
    tokenizerJson: tokenizer.json,
    tokenizerConfigJson: tokenizer.configJson,
  };
}

type Wanted = Map<string, { readonly nameInFile: string; readonly stored: StoredTensor }>;

/** Compares what the files hold with what config.json asks for. */
function chooseTensors(
  config: CausalLmConfig,
  inFiles: ReadonlyMap<string, StoredTensor>,
  dir: string,
): { wanted: Wanted; unexpected: string[] } {
  const expected = expectedTensors(config);
  // A file of the bare trunk (GPT2Model, LlamaModel) has no "transformer." or "model." in front of its names.
  const prefix = config.modelType === 'gpt2' ? 'transformer.' : 'model.';
  const wanted: Wanted = new Map();
  const unexpected: string[] = [];
  for (const [nameInFile, stored] of inFiles) {
    const isBare = !expected.has(nameInFile) && expected.has(prefix + nameInFile);
    const name = isBare ? prefix + nameInFile : nameInFile;
    if (expected.has(name) || SCALAR_HEAD.test(name)) wanted.set(name, { nameInFile, stored });
    // Of a tied model the unembedding is the embedding once more.
    else if (!CONSTANT_BUFFER.test(nameInFile) && nameInFile !== UNTIED_HEAD) unexpected.push(nameInFile);
  }
  const missing = [...expected.keys()].filter((name) => !wanted.has(name) && name !== UNTIED_HEAD);
  if (missing.length > 0) {
    const beside = unexpected.length > 0 ? ` It has, unasked for, ${listed(unexpected)}.` : '';
    throw new Error(
      `${weightsOf(dir, inFiles)} lacks ${plural('the tensor', missing)} ${listed(missing)}.${beside}`,
    );
  }
  for (const [name, { stored }] of wanted) checkTensor(name, stored, expected.get(name)?.shape);
  return { wanted, unexpected };
}

function checkTensor(name: string, { path, dtype, shape }: StoredTensor, expected?: readonly number[]): void {
  if (expected !== undefined && shape.join() !== expected.join()) {
    throw new Error(
      `${path}: tensor ${name} has shape [${shape.join(', ')}], but config.json asks for [${expected.join(', ')}].`,
    );
  }
  if (!isFloatDtype(dtype)) {
    throw new Error(`${path}: tensor ${name} has type ${dtype}; floating point is needed.`);
  }
}

function refuseMoreThanMemory(wanted: Wanted, dir: string): void {
  const bytes = [...wanted.values()].reduce((sum, { stored }) => sum + 4 * sizeOf(stored.shape), 0);
  if (bytes > totalmem()) {
    const gigabytes = (n: number): string => (n / 1e9).toFixed(1);
    throw new Error(
      `${dir} holds ${gigabytes(bytes)} GB of weights, but this machine has ${gigabytes(totalmem())} GB of memory.`,
    );
  }
}

function weightsOf(dir: string, inFiles: ReadonlyMap<string, StoredTensor>): string {
  const paths = new Set([...inFiles.values()].map(({ path }) => path));
  const [only] = paths;
  return paths.size === 1 && only !== undefined ? only : dir;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}

function plural(what: string, names: readonly string[]): string {
  return names.length === 1 ? what : `${what}s`;
}

/** How other tools generate, and the special tokens for older ones. */
const CARRIED_FILES = ['generation_config.json', 'special_tokens_map.json'];
/** Keys of config.json that were true of the source only: where it lay, code beside it, how its weights were packed. */
const LEFT_BEHIND: ReadonlySet<string> = new Set([
  '_name_or_path',
  'auto_map',
  'quantization_config',
  'transformers_version',
]);

/** Nothing is dropped here: what the source says of it is for those who train the folder elsewhere. */
const DROPOUT = /(_pdrop|_dropout)$/;

/** Writes a folder that Hugging Face's tools read. The caller names a fresh folder and renames it into place. */
export async function writeModelFolder(dir: string, folder: NewModelFolder): Promise<void> {
  await mkdir(dir, { recursive: true });
  const carried = folder.trainedFrom === undefined ? {} : await carryOver(folder.trainedFrom, dir);
  const dropout = Object.fromEntries(Object.entries(carried).filter(([key]) => DROPOUT.test(key)));
  const own = toConfigJson(folder.config);
  const configJson = Object.entries({ ...carried, ...own, ...dropout, ...folder.configExtras });
  // In the order in which transformers writes it.
  const ordered = Object.fromEntries(configJson.sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(join(dir, 'config.json'), JSON.stringify(ordered, null, 2) + '\n');
  passFaultPoint('temporary write');
  await writeFile(join(dir, 'model.safetensors'), encodeSafetensors(folder.tensors));
  if (folder.tokenizerJson === null) return;
  await writeFile(join(dir, 'tokenizer.json'), JSON.stringify(folder.tokenizerJson, null, 2) + '\n');
  // transformers picks its fast tokenizer class from this file, under the name that all its versions know.
  const tokenizerConfig = {
    model_max_length: folder.config.nPositions,
    ...folder.tokenizerConfigJson,
    tokenizer_class: 'PreTrainedTokenizerFast',
  };
  await writeFile(join(dir, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig, null, 2) + '\n');
}

/** Copies what lies beside the model; returns what of its config.json this code does not write itself. */
async function carryOver(from: string, to: string): Promise<JsonObject> {
  for (const file of CARRIED_FILES) {
    if ((await fileSize(join(from, file))) !== null) await copyFile(join(from, file), join(to, file));
  }
  const keys = Object.entries(await readJsonObject(join(from, 'config.json')));
  return Object.fromEntries(keys.filter(([key]) => !LEFT_BEHIND.has(key)));
}
