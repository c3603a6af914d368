// A model from outside, as people bring them: a Llama in shards with a chat template beside it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addPolicyCheckpoint, exportCheckpoint, startRound } from '@rankloop/core';
import { CausalLm, readModelFolder, Tokenizer, writeModelFolder, type CausalLmConfig } from '@rankloop/rl';
import { eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';
import { makeTinyProject } from './tiny-project.ts';

const SHARDS = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const INDEX = 'model.safetensors.index.json';

let running: RunningWorker;
let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database, dataDir } = running);
});
afterAll(() => running.close());

const LLAMA: CausalLmConfig = {
  modelType: 'llama',
  vocabSize: 31,
  nPositions: 64,
  nEmbd: 16,
  nLayer: 2,
  nHead: 4,
  nKeyValueHeads: 2,
  headDim: 4,
  nInner: 24,
  rmsNormEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: null },
  isTied: false,
  hasQkvBias: false,
  hasOutputBias: false,
  hasMlpBias: false,
  eosTokenId: 0,
};

/** With the letters of the tiny project as tokens. */
async function makeFolder(policyDir: string, template: string): Promise<string> {
  const folder = await mkdtemp(join(dataDir, 'brought-'));
  const model = CausalLm.random(LLAMA, 3);
  const { json } = await Tokenizer.fromFolder(policyDir);
  await writeModelFolder(folder, {
    config: LLAMA,
    tensors: model.hostTensors(),
    tokenizerJson: json,
    tokenizerConfigJson: { eos_token: '<|end|>' },
    configExtras: { max_window_layers: 2 },
  });
  model.dispose();
  await writeFile(join(folder, 'chat_template.jinja'), template);
  await writeFile(join(folder, 'generation_config.json'), '{"top_p":0.5}');
  await splitWeights(folder);
  return folder;
}

const Header = z.record(
  z.string(),
  z.looseObject({ data_offsets: z.tuple([z.number(), z.number()]).optional() }),
);

/** model.safetensors as two shards and their index. */
async function splitWeights(folder: string): Promise<void> {
  const single = await readFile(join(folder, 'model.safetensors'));
  const start = 8 + Number(single.readBigUInt64LE());
  const header = Header.parse(JSON.parse(single.subarray(8, start).toString()));
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of SHARDS.entries()) {
    const own: Record<string, unknown> = {};
    const parts: Buffer[] = [];
    let end = 0;
    for (const [at, [name, entry]] of Object.entries(header).entries()) {
      if (entry.data_offsets === undefined || at % SHARDS.length !== i) continue;
      const [from, to] = entry.data_offsets;
      own[name] = { ...entry, data_offsets: [end, (end += to - from)] };
      parts.push(single.subarray(start + from, start + to));
      weightMap[name] = shard;
    }
    const text = Buffer.from(JSON.stringify(own));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(join(folder, shard), Buffer.concat([length, text, ...parts]));
  }
  await writeFile(join(folder, INDEX), JSON.stringify({ weight_map: weightMap }));
  await rm(join(folder, 'model.safetensors'));
}

/** Adds a model with that chat template to a project with judgements, and runs a round of it. */
async function runRoundOf(template: string) {
  const { prisma } = database.db;
  const project = await makeTinyProject(prisma, dataDir, { tasks: 8 });
  const { projectId } = project;
  const tiny = await prisma.checkpoint.findUniqueOrThrow({ where: { id: project.policyId } });
  const folder = await makeFolder(join(dataDir, tiny.folder), template);
  const actor = { userId: null };
  await addPolicyCheckpoint({ prisma, dataDir, actor, projectId, folder, name: 'Ours', promote: true });
  const config = { ...project.config, newTasks: 2, comparePrompts: 2 };
  const { id } = await startRound({ prisma, projectId, actor, config });
  const round = await eventually(
    async () => {
      const found = await prisma.round.findUniqueOrThrow({ where: { id } });
      return found.endedAt && found;
    },
    { timeoutMs: 170_000, what: 'the end of the round', intervalMs: 100 },
  );
  return { round, projectId, folder };
}

test('a round of a sharded model gives a policy whose folder keeps its tokenizer, chat template and config', async () => {
  // Letters of its own around every message: what the tokens of the tiny project can spell.
  const template =
    "{% for m in messages %}u,{{ m['content'] }}!{% endfor %}{% if add_generation_prompt %}a,{% endif %}";
  const { round, projectId, folder } = await runRoundOf(template);
  expect(round).toMatchObject({ state: 'succeeded', reason: null });

  const out = join(dataDir, 'exported');
  const { name } = await exportCheckpoint({ prisma: database.db.prisma, dataDir, projectId, folder: out });
  expect(name).toBe('Round 1');
  const [before, after] = [await readModelFolder(folder), await readModelFolder(out)];
  expect(after.config).toEqual(before.config);
  expect(after.configJson).toMatchObject({ architectures: ['LlamaForCausalLM'], max_window_layers: 2 });
  expect(after.tokenizerJson).toEqual(before.tokenizerJson);
  expect(after.tokenizerConfigJson).toMatchObject({ eos_token: '<|end|>', chat_template: template });
  expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
  expect(after.tensors.get('lm_head.weight')?.values).not.toEqual(
    before.tensors.get('lm_head.weight')?.values,
  );
  expect(await readFile(join(out, 'generation_config.json'), 'utf8')).toBe('{"top_p":0.5}');
});

test('the prompts of a round go through the chat template: where it refuses one, the round says so', async () => {
  const { round } = await runRoundOf("{{ raise_exception('this model wants ' ~ messages[0]['role']) }}");
  expect(round.state).toBe('failed');
  expect(round.reason).toMatch(
    /chat template could not be rendered: this model wants user \(the prompt begins: /,
  );
});
