import { randomUUID } from 'node:crypto';
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

/** $1 project, $2 form version, $3 needed judgements, $4 tasks as JSON. */
const INSERT_TASKS = `
WITH r AS (
  SELECT * FROM json_to_recordset($4::json) AS r("promptId" uuid, "taskId" uuid, "index" int, "conversation" jsonb, "outputs" json)
), o AS (
  SELECT r."promptId", r."taskId", o.ordinality - 1 AS "position", (o.value->>'id')::uuid AS "id", o.value->>'text' AS "text"
  FROM r, json_array_elements(r."outputs") WITH ORDINALITY AS o
), p AS (
  INSERT INTO "prompt" ("id", "projectId", "contentHash", "source", "conversation")
  SELECT "promptId", $1::uuid, $1 || '-' || "index", 'imported', "conversation" FROM r
), c AS (
  INSERT INTO "completion" ("id", "projectId", "promptId", "text", "textHash", "source")
  SELECT "id", $1::uuid, "promptId", "text", encode(sha256(convert_to("text", 'UTF8')), 'hex'), 'imported' FROM o
), t AS (
  INSERT INTO "task" ("id", "projectId", "promptId", "formVersionId", "need")
  SELECT "taskId", $1::uuid, "promptId", $2::uuid, $3::int FROM r
), tc AS (
  INSERT INTO "task_completion" ("taskId", "position", "completionId") SELECT "taskId", "position", "id" FROM o
)
INSERT INTO "slot" ("projectId", "taskId") SELECT $1::uuid, r."taskId" FROM r, generate_series(1, $3::int) ORDER BY r."index"`;

function makeTask(index: number) {
  return {
    index,
    promptId: randomUUID(),
    taskId: randomUUID(),
    conversation: [{ role: 'user', content: makeText(index, 90, 110) }],
    outputs: Array.from({ length: OUTPUTS }, (_, k) => ({
      id: randomUUID(),
      text: makeText(index * OUTPUTS + k, 180, 220),
    })),
  };
}

/** A ranking project with tasks of a prompt of about 100 characters and four responses of 180 to 220. */
export async function makeProject(db: Db, tasks: number, overlap: number): Promise<string> {
  const project = await db.prisma.project.create({
    data: {
      slug: `bench-${randomUUID()}`,
      name: 'Benchmark',
      overlap,
      forms: { create: { version: 1, spec: FORM_PRESETS.ranking.spec } },
    },
    include: { forms: true },
  });
  const BATCH = 1000;
  const formVersionId = project.forms[0]?.id ?? '';
  for (let start = 0; start < tasks; start += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, tasks - start) }, (_, i) => makeTask(start + i));
    await db.pool.query(INSERT_TASKS, [project.id, formVersionId, overlap, JSON.stringify(rows)]);
  }
  // What autovacuum does after an import. Not on tables that are still empty, which it leaves alone: statistics that say
  // "no rows" would outlast the first minute of labeling.
  await db.pool.query('VACUUM ANALYZE "prompt", "completion", "task", "task_completion", "slot"');
  return project.id;
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
