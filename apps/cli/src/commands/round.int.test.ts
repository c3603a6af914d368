import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { RoundConfig } from '@rankloop/contracts';
import { findCorpus, readCorpusTexts } from '@rankloop/core';
import {
  createCheckpoint,
  createProject,
  createTask,
  createTestDatabase,
  createUser,
  programFile,
} from '@rankloop/testkit';
import type { TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let database: TestDatabase;
let folder: string;
let slug: string;
let projectId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'rankloop-cli-rounds-'));
  const { prisma } = database.db;
  const { project, form } = await createProject(prisma);
  ({ slug, id: projectId } = project);
  await createCheckpoint(prisma, { projectId, current: true });
  const { id: labelerId } = await createUser(prisma);
  for (let i = 0; i < 2; i++) {
    const { task, completionIds } = await createTask(prisma, {
      projectId,
      formVersionId: form.id,
      outputs: 2,
    });
    const shown = { projectId, taskId: task.id, labelerId, shownOrder: completionIds };
    const lease = await prisma.lease.create({
      data: { ...shown, state: 'submitted', expiresAt: new Date() },
    });
    await prisma.judgement.create({
      data: {
        ...shown,
        leaseId: lease.id,
        revision: 1,
        source: 'person',
        outcome: 'ok',
        ranks: Object.fromEntries(completionIds.map((id, rank) => [id, rank + 1])),
        activeMs: 1,
        formVersionId: form.id,
        bodyHash: task.id,
      },
    });
  }
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The command line as people call it. */
function rankloop(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, RANKLOOP_DATA_DIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [programFile('cli'), ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

async function writeRound(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

test(
  'a round starts from a file, is listed and shown, gives its exact settings back, and is cancelled',
  { timeout: 240_000 },
  async () => {
    const file = await writeRound(
      'round.yaml',
      'seed: 11\nstages:\n  - recipe: dpo\n    config: { beta: 0.2 }\n',
    );
    const started = await rankloop('round', 'start', '--project', slug, '-f', file);
    expect(started).toMatchObject({ code: 0, err: '' });
    const id = /^Round 1 waits for a worker: (\S+)\n$/.exec(started.out)?.[1] ?? '';
    const row = await database.db.prisma.round.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ projectId, state: 'queued', recipe: 'dpo' });

    expect((await rankloop('round', 'list', '--project', slug)).out).toMatch(/^ +1 {2}\S+ {2}queued +dpo /);
    const shown = await rankloop('round', 'show', id);
    expect(shown.out).toContain(`Round 1  ${id}  queued\n`);
    expect(shown.out).toMatch(/^ {2}dpo +dpo +waiting$/m);

    const config = await rankloop('round', 'config', id);
    const again = await writeRound('again.yaml', config.out);
    expect((await rankloop('round', 'start', '--project', slug, '-f', again)).err).toContain(
      'Round 1 is running',
    );
    expect((await rankloop('round', 'cancel', id)).out).toBe('Round 1 is cancelled.\n');
    const second = await rankloop('round', 'start', '--project', slug, '-f', again);
    const copy = await database.db.prisma.round.findFirstOrThrow({ where: { projectId, number: 2 } });
    expect(second.code).toBe(0);
    expect(RoundConfig.parse(copy.config)).toEqual(RoundConfig.parse(row.config));
  },
);

test(
  'what is wrong with a file is said line by line, and nothing is started',
  { timeout: 240_000 },
  async () => {
    const before = await database.db.prisma.round.count();
    const bad = await writeRound(
      'bad.yaml',
      'seed: -1\nstages:\n  - recipe: dpo\n    config:\n      betta: 0.2\n  - recipe: ppo\n    reward: helpful\n',
    );
    const refused = await rankloop('round', 'start', '--project', slug, '-f', bad);
    expect(refused).toMatchObject({ code: 1, out: '' });
    const lines = refused.err.trim().split('\n');
    expect(lines).toContain(`${bad}, line 1, seed: Give a whole number from 0 to 2147483647.`);
    expect(lines).toContain(
      `${bad}, line 5, stages.0.config.betta: There is no "betta" here. There are: learningRate, beta, epochs, batchPairs, loss, labelSmoothing, sftWeight, bcoWeight, lengths, tailWeight, divergence, warmupFraction, maxGradNorm, weightDecay, maxTokens.`,
    );
    const broken = await writeRound('broken.yaml', 'stages: [\n');
    const aliased = await writeRound('aliased.yaml', 'seed: *elsewhere\n');
    for (const [args, sentence] of [
      [['start', '--project', slug, '-f', broken], 'This is not YAML'],
      [['start', '--project', slug, '-f', aliased], `${aliased}: This is not YAML`],
      [['start', '--project', slug, '-f', 'absent.yaml'], 'There is no file absent.yaml'],
      [['start', '--project', slug, '-f', bad, '--preset', 'dpo'], 'Give a file or a preset'],
      [['show', 'seven'], 'There is no round seven.'],
    ] as const) {
      const { code, err } = await rankloop('round', ...args);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(sentence) as string });
      expect(err).not.toMatch(/^\s+at /m);
    }
    expect(await database.db.prisma.round.count()).toBe(before);
  },
);

test('a corpus goes in by one command, gzipped or not, and is listed', { timeout: 240_000 }, async () => {
  const file = path.join(folder, 'stories.jsonl.gz');
  await writeFile(file, gzipSync('{"text": "Once."}\n{"text": "Twice."}\n'));
  expect(await rankloop('corpus', 'list', slug)).toMatchObject({
    code: 0,
    out: expect.stringContaining('no corpus') as string,
  });
  const added = await rankloop('corpus', 'add', slug, file);
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out).toMatch(/^stories was added to .*: 2 texts, \d+ bytes\.\n$/);
  expect((await rankloop('corpus', 'list', slug)).out).toMatch(/^stories {2}2 texts {2}/);
  const found = await findCorpus(database.db.prisma, { projectId });
  if (!found) throw new Error('The corpus is not there.');
  expect(await readCorpusTexts(folder, found)).toEqual(['Once.', 'Twice.']);
  // A backup holds it as well.
  const archive = path.join(folder, 'backup.tar.gz');
  expect((await rankloop('backup', archive)).code).toBe(0);
  await rm(path.join(folder, 'corpora'), { recursive: true });
  expect((await rankloop('restore', archive, '--replace')).code).toBe(0);
  expect((await readFile(path.join(folder, found.path), 'utf8')).split('\n')).toHaveLength(3);

  await writeFile(path.join(folder, 'bad.jsonl'), '{"prompt": "x"}\n');
  const refused = await rankloop('corpus', 'add', slug, path.join(folder, 'bad.jsonl'));
  expect(refused.err).toMatch(/^Line 1 is not a JSON object with a "text"/);
});
