/** Batches of one project wait for each other, so that each sees what the one before it brought in. */
export const LOCK_PROJECT_SQL = `SELECT pg_advisory_xact_lock(hashtext('rankloop-import'), hashtext($1::text))`;

/** $1 project, $2 external ids, $3 row hashes. */
export const FIND_TASKS_SQL = `
  SELECT t."externalId" AS key, p."contentHash",
    array(SELECT c."textHash" FROM task_completion tc JOIN completion c ON c.id = tc."completionId"
      WHERE tc."taskId" = t.id ORDER BY tc.position) AS "textHashes"
  FROM task t JOIN prompt p ON p.id = t."promptId"
  WHERE t."projectId" = $1 AND t."externalId" = ANY($2::text[])
  UNION ALL
  SELECT "rowHash", '', '{}'::text[] FROM task WHERE "projectId" = $1 AND "rowHash" = ANY($3::text[])`;

/** $1 project, $2 external ids, $3 content hashes. */
export const FIND_PROMPTS_SQL = `
  SELECT id, "externalId", "contentHash" FROM prompt
  WHERE "projectId" = $1 AND "externalId" = ANY($2::text[])
  UNION ALL
  SELECT id, "externalId", "contentHash" FROM prompt
  WHERE "projectId" = $1 AND "externalId" IS NULL AND "contentHash" = ANY($3::text[])`;

/**
 * All rows of a batch in one statement, from one JSON array per kind. Foreign keys are looked at when the statement
 * ends, so the order of its parts does not matter.
 *
 * $1 project, $2 import, $3 form version, $4 judgements needed per task, $5 imported labeler or null,
 * $6 prompts, $7 tasks, $8 outputs, $9 judgements
 */
export const WRITE_BATCH_SQL = `
  WITH new_task AS MATERIALIZED (
    SELECT * FROM json_to_recordset($7::json)
      AS t(id uuid, "promptId" uuid, "externalId" text, "rowHash" text, position integer)
  ), new_output AS MATERIALIZED (
    SELECT * FROM json_to_recordset($8::json)
      AS o(id uuid, "taskId" uuid, "promptId" uuid, position integer, "externalId" text, text text, "textHash" text,
        "modelName" text)
  ), new_judgement AS MATERIALIZED (
    SELECT * FROM json_to_recordset($9::json)
      AS j("leaseId" uuid, "taskId" uuid, "shownOrder" uuid[], ranks jsonb, "bodyHash" text)
  ), prompts AS (
    INSERT INTO prompt (id, "projectId", "externalId", "contentHash", source, "useCase", conversation, metadata)
    SELECT id, $1, "externalId", "contentHash", 'imported', "useCase", conversation, metadata
    FROM json_to_recordset($6::json)
      AS p(id uuid, "externalId" text, "contentHash" text, "useCase" text, conversation jsonb, metadata jsonb)
  ), outputs AS (
    INSERT INTO completion (id, "projectId", "promptId", "externalId", text, "textHash", source, "modelName")
    SELECT id, $1, "promptId", "externalId", text, "textHash", 'imported', "modelName" FROM new_output
  ), tasks AS (
    INSERT INTO task (id, "projectId", "promptId", "formVersionId", "externalId", "rowHash", need, "importId")
    SELECT id, $1, "promptId", $3, "externalId", "rowHash", $4, $2 FROM new_task
  ), links AS (
    INSERT INTO task_completion ("taskId", position, "completionId")
    SELECT "taskId", position, id FROM new_output
  ), slots AS (
    INSERT INTO slot ("projectId", "taskId")
    SELECT $1, id FROM new_task, generate_series(1, $4::integer) AS n ORDER BY position, n
  ), leases AS (
    INSERT INTO lease (id, "projectId", "taskId", "labelerId", state, "shownOrder", "claimedAt", "expiresAt", "submittedAt")
    SELECT "leaseId", $1, "taskId", $5, 'submitted', "shownOrder", now(), now(), now() FROM new_judgement
  )
  INSERT INTO judgement ("leaseId", revision, "projectId", "taskId", "labelerId", source, outcome, "shownOrder", ranks,
    "activeMs", "formVersionId", counts, "bodyHash")
  SELECT "leaseId", 1, $1, "taskId", $5, 'imported', 'ok', "shownOrder", ranks, 0, $3,
    -- People here may still judge the task: an imported answer does not fill a slot.
    false, "bodyHash"
  FROM new_judgement`;
