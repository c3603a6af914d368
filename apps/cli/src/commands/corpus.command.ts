import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CorpusName } from '@rankloop/contracts';
import { addCorpus, listCorpora, splitTexts } from '@rankloop/core';
import type { Command } from 'commander';
import { z } from 'zod';
import { withContext } from '../context.ts';
import { getProjectBySlug } from '../find.ts';

const AddOptions = z.object({ name: z.string().optional() });

/** A corpus is read whole, here and by each round that mixes it in. */
const MAX_BYTES = 256 * 2 ** 20;

export function registerCorpus(program: Command): void {
  const corpus = program
    .command('corpus')
    .description('plain texts that a policy should not forget (PPO-ptx)');
  corpus
    .command('add <project> <file>')
    .description(
      'take a .txt file, or a .jsonl file with "text", into a project; either may be gzipped. In a .txt file blank lines stand between texts',
    )
    .option('--name <name>', 'by which a round asks for it; the name of the file when absent')
    .action((project: string, file: string, raw: unknown) => addFile(project, file, AddOptions.parse(raw)));
  corpus
    .command('list <project>')
    .description('the corpora of a project, newest first')
    .action((project: string) => listOf(project));
}

function addFile(slug: string, file: string, options: z.infer<typeof AddOptions>): Promise<void> {
  return withContext(async ({ config, db }) => {
    const project = await getProjectBySlug(db, slug);
    const base = path.basename(file);
    const texts = splitTexts(base, await readText(file));
    const name = nameOf(options.name ?? base.replace(/(\.(txt|jsonl))?(\.gz)?$/i, ''));
    const added = await addCorpus({
      prisma: db.prisma,
      dataDir: config.dataDir,
      actor: { userId: null },
      projectId: project.id,
      name,
      texts,
    });
    console.log(`${added.name} was added to ${project.name}: ${added.texts} texts, ${added.bytes} bytes.`);
  });
}

function listOf(slug: string): Promise<void> {
  return withContext(async ({ db }) => {
    const project = await getProjectBySlug(db, slug);
    const corpora = await listCorpora(db.prisma, project.id);
    if (corpora.length === 0)
      console.log(`${project.name} has no corpus. Add one: npm run rankloop -- corpus add ${slug} <file>`);
    for (const { name, texts, bytes, hash, createdAt } of corpora)
      console.log(
        `${name}  ${texts} texts  ${bytes} bytes  ${hash.slice(0, 12)}  ${createdAt.toISOString()}`,
      );
  });
}

/** @throws Error for a name that no stage could ask for */
function nameOf(wanted: string): string {
  const name = CorpusName.safeParse(wanted);
  if (name.success) return name.data;
  throw new Error(`A corpus has a name of 1 to 60 characters, not "${wanted}". Give one with --name.`);
}

/** @throws Error with what is wrong with the file */
async function readText(file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new Error(`There is no file ${file}.`);
  const tooLarge = `${file} holds more than ${MAX_BYTES / 2 ** 20} MB of text. Give a part of it.`;
  if (found.size > MAX_BYTES) throw new Error(tooLarge);
  const content = await readFile(file);
  const isGzip = content[0] === 0x1f && content[1] === 0x8b;
  if (!isGzip) return content.toString('utf8');
  try {
    return gunzipSync(content, { maxOutputLength: MAX_BYTES }).toString('utf8');
  } catch (cause) {
    const isLarge = cause instanceof RangeError;
    throw new Error(isLarge ? tooLarge : `${file} is damaged: it cannot be unpacked.`, { cause });
  }
}
