-- Every labeler of a project locked the project's one row for each claim and each answer, only to check a reference that
-- the lease's task, or the judgement's lease, implies already: a judgement copies its lease's project, task and labeler in
-- the statement that writes it.
ALTER TABLE "judgement" DROP CONSTRAINT "judgement_projectId_fkey";
ALTER TABLE "judgement" DROP CONSTRAINT "judgement_taskId_fkey";
ALTER TABLE "judgement" DROP CONSTRAINT "judgement_labelerId_fkey";
ALTER TABLE "lease" DROP CONSTRAINT "lease_projectId_fkey";

-- A claim changes no indexed column, so the new version of the row stays on its page and no index grows: a partial index
-- whose condition names the state would be written again for every claim.
ALTER TABLE "slot" ADD COLUMN "isOpen" BOOLEAN NOT NULL DEFAULT true;
UPDATE "slot" SET "isOpen" = false WHERE "state" = 'done';
ALTER TABLE "slot" ADD CONSTRAINT "slot_open_until_done" CHECK ("isOpen" = ("state" <> 'done'));
ALTER TABLE "slot" SET (fillfactor = 80);
DROP INDEX "slot_open";
CREATE INDEX "slot_open" ON "slot" ("projectId", (-"priority"::bigint), "id") WHERE "isOpen";

-- Which slot a lease holds is found from the lease; one live lease per person and task is the rule of `lease_one_per_person`.
DROP INDEX "slot_leaseId_key";
DROP INDEX "slot_taskId_labelerId_key";
CREATE INDEX "slot_taskId_idx" ON "slot"("taskId");

-- A task's judgements are found by its leases.
DROP INDEX "judgement_taskId_idx";
