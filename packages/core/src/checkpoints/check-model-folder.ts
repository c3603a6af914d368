import { Template } from '@huggingface/jinja';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelConfig, shapesOf, trunkPrefix } from './model-config.ts';
import { findSize, parseAs, parseJson, refuseFolder } from './refuse-folder.ts';
import { readTensorHeaders } from './weight-files.ts';

const MAX_JSON_BYTES = 200_000_000;
const MAX_TEMPLATE_BYTES = 200_000;
const FLOATS = ['F64', 'F32', 'F16', 'BF16'];

const TokenId = z.number().int().nonnegative();
const Tokenizer = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: TokenId })).default([]),
  model: z.looseObject({
    type: z.string(),
    // Of a Unigram model, pairs of token and score in the order of their ids.
    vocab: z.union([z.record(z.string(), TokenId), z.array(z.unknown())]),
  }),
});
const TokenizerConfig = z.looseObject({
  chat_template: z
    .union(
      [z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() })).min(1)],
      'it is a text, or a list of {"name", "template"}',
    )
    .nullish(),
});

/**
 * Refuses, with a sentence for the person who named the folder, what a round could not begin with. Only headers are
 * read; a round reads the weights themselves and checks them once more.
 *
 * @throws AppError `bad_request`
 */
export async function checkModelFolder(folder: string): Promise<void> {
  const config = parseAs(
    ModelConfig,
    await readJson(folder, 'config.json', 'Save the model with save_pretrained(folder).'),
    'config.json',
  );
  await checkTokenizer(folder, config.vocab_size);
  await checkChatTemplate(folder);
  await checkTensors(folder, config);
}

async function checkTokenizer(folder: string, vocabSize: number): Promise<void> {
  const hint = 'AutoTokenizer.from_pretrained(model).save_pretrained(folder) writes one.';
  const json = await readJson(folder, 'tokenizer.json', hint);
  const { model, added_tokens: added } = parseAs(Tokenizer, json, 'tokenizer.json');
  const ids = Array.isArray(model.vocab) ? [model.vocab.length - 1] : Object.values(model.vocab);
  const largestId = [...ids, ...added.map(({ id }) => id)].reduce((a, b) => Math.max(a, b), -1);
  if (largestId < 0) refuseFolder('tokenizer.json has no tokens.');
  if (largestId >= vocabSize)
    refuseFolder(
      `tokenizer.json has the token ${largestId}, but config.json a vocab_size of ${vocabSize}. ` +
        'Take both from one model, or grow it with resize_token_embeddings.',
    );
}

/** A template is read here and run nowhere but in the training process: it is a stranger's program. */
async function checkChatTemplate(folder: string): Promise<void> {
  if ((await findSize(folder, 'tokenizer_config.json')) !== null) {
    const json = await readJson(folder, 'tokenizer_config.json', '');
    const { chat_template: given } = parseAs(TokenizerConfig, json, 'tokenizer_config.json');
    const templates = typeof given === 'string' ? [given] : (given ?? []).map(({ template }) => template);
    for (const template of templates) checkJinja(template, 'The chat_template of tokenizer_config.json');
  }
  const bytes = await findSize(folder, 'chat_template.jinja');
  if (bytes === null) return;
  if (bytes > MAX_TEMPLATE_BYTES)
    refuseFolder(
      `chat_template.jinja has ${bytes} bytes; a chat template has at most ${MAX_TEMPLATE_BYTES}.`,
    );
  checkJinja(await readFile(join(folder, 'chat_template.jinja'), 'utf8'), 'chat_template.jinja');
}

function checkJinja(source: string, where: string): void {
  try {
    new Template(source);
  } catch (error) {
    // A slip over what is not there speaks of the parser's own code.
    const reason = error instanceof SyntaxError ? error.message : 'it is cut short or malformed';
    refuseFolder(`${where} is no Jinja template: ${reason}. Copy or download it again.`);
  }
}

async function checkTensors(folder: string, config: ModelConfig): Promise<void> {
  const tensors = await readTensorHeaders(folder);
  const prefix = trunkPrefix(config);
  const files = [...new Set([...tensors.values()].map(({ file }) => file))];
  const missing: string[] = [];
  for (const [name, shape] of shapesOf(config)) {
    const found = tensors.get(name) ?? tensors.get(name.replace(prefix, ''));
    if (found === undefined) {
      missing.push(name);
      continue;
    }
    if (found.shape.join() !== shape.join())
      refuseFolder(
        `${found.file}: ${name} is [${found.shape.join(', ')}], config.json asks for [${shape.join(', ')}]. ` +
          'Take both from one save of the model.',
      );
    if (!FLOATS.includes(found.dtype))
      refuseFolder(
        `${found.file}: ${name} is of type ${found.dtype}. Save the model in float32, float16 or bfloat16, not quantized.`,
      );
  }
  const [first, ...others] = missing;
  if (first === undefined) return;
  const where = files.length === 1 ? files[0] : `The ${files.length} files of weights`;
  const verb = files.length === 1 ? 'lacks' : 'lack';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  refuseFolder(
    `${where ?? 'The folder'} ${verb} the tensor ${first}${more}, which config.json asks for. Save the whole model with its own config.json.`,
  );
}

async function readJson(folder: string, name: string, hint: string): Promise<unknown> {
  const size = await findSize(folder, name);
  if (size === null) return refuseFolder(`${folder} has no ${name}. ${hint}`.trim());
  if (size > MAX_JSON_BYTES) refuseFolder(`${name} is too large.`);
  return parseJson(await readFile(join(folder, name), 'utf8'), name);
}
