-- A round is a list of stages and may make several policies and reward models: each checkpoint says which stage made it.
-- Rounds up to now had one reward model and one policy, of stages called "reward" and "ppo".
ALTER TABLE "checkpoint" ADD COLUMN "stage" TEXT;
UPDATE "checkpoint" SET "stage" = CASE "kind" WHEN 'reward' THEN 'reward' ELSE 'ppo' END WHERE "roundId" IS NOT NULL;
DROP INDEX "checkpoint_roundId_attempt_kind_key";
CREATE UNIQUE INDEX "checkpoint_roundId_attempt_stage_key" ON "checkpoint"("roundId", "attempt", "stage");
