import { createHash, randomUUID } from 'node:crypto';
import { FORM_PRESETS } from '@rankloop/contracts';
import { createApiToken } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import { createMember } from '@rankloop/testkit';

const WORDS = 'river stone window garden copper letter market silver thunder meadow lantern harbour'.split(
  ' ',
);
const OUTPUTS = 4;

/** Plain text of a length between `low` and `high` characters. */
export function makeText(seed: number, low: number, high: number): string {
  const length = low + (seed % (high - low + 1));
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${WORDS[(seed * 7 + i * 5) % WORDS.length] ?? ''} `;
  return text.slice(0, length);
}

/** A ranking project with tasks of a prompt of about 100 characters and four responses of 180 to 220. */
export async function makeProject(db: Db, tasks: number, overlap: number): Promise<string> {
  const { prisma } = db;
  const project = await prisma.project.create({
    data: {
      slug: `bench-${randomUUID()}`,
      name: 'Benchmark',
      overlap,
      forms: { create: { version: 1, spec: FORM_PRESETS.ranking.spec } },
    },
    include: { forms: true },
  });
  const projectId = project.id;
  const formVersionId = project.forms[0]?.id ?? '';
  const BATCH = 1000;
  for (let start = 0; start < tasks; start += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, tasks - start) }, (_, i) => ({
      index: start + i,
      promptId: randomUUID(),
      taskId: randomUUID(),
      completionIds: Array.from({ length: OUTPUTS }, () => randomUUID()),
    }));
    await prisma.prompt.createMany({
      data: ids.map(({ promptId, index }) => ({
        id: promptId,
        projectId,
        contentHash: `${projectId}-${index}`,
        source: 'imported' as const,
        conversation: [{ role: 'user', content: makeText(index, 90, 110) }],
      })),
    });
    await prisma.completion.createMany({
      data: ids.flatMap(({ promptId, completionIds, index }) =>
        completionIds.map((id, k) => {
          const text = makeText(index * OUTPUTS + k, 180, 220);
          const textHash = createHash('sha256').update(text).digest('hex');
          return { id, projectId, promptId, text, textHash, source: 'imported' as const };
        }),
      ),
    });
    await prisma.task.createMany({
      data: ids.map(({ taskId, promptId }) => ({
        id: taskId,
        projectId,
        promptId,
        formVersionId,
        need: overlap,
      })),
    });
    await prisma.taskCompletion.createMany({
      data: ids.flatMap(({ taskId, completionIds }) =>
        completionIds.map((completionId, position) => ({ taskId, position, completionId })),
      ),
    });
    await prisma.slot.createMany({
      data: ids.flatMap(({ taskId }) => Array.from({ length: overlap }, () => ({ projectId, taskId }))),
    });
  }
  await db.pool.query('VACUUM ANALYZE');
  return projectId;
}

/** People who may label in a project, each with a token. */
export async function makeTokens(db: Db, projectId: string, people: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; i < people; i++) {
    const person = await createMember(db.prisma, projectId, 'labeler');
    const userId = person.id;
    const { secret } = await createApiToken({
      db,
      actor: { userId },
      userId,
      name: 'bench',
      scopes: ['label'],
    });
    tokens.push(secret);
  }
  return tokens;
}
