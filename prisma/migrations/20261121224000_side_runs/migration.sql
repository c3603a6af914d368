-- CreateEnum
CREATE TYPE "side_run_kind" AS ENUM ('playground', 'learning_curve');

-- CreateEnum
CREATE TYPE "side_run_state" AS ENUM ('queued', 'running', 'succeeded', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "side_run" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "kind" "side_run_kind" NOT NULL,
    "state" "side_run_state" NOT NULL DEFAULT 'queued',
    "request" JSONB NOT NULL,
    "result" JSONB NOT NULL DEFAULT '{}',
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "workerId" TEXT,
    "heartbeatAt" TIMESTAMPTZ(3),
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "side_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "side_run_projectId_kind_createdAt_idx" ON "side_run"("projectId", "kind", "createdAt");

-- CreateIndex
CREATE INDEX "side_run_state_idx" ON "side_run"("state");

-- AddForeignKey
ALTER TABLE "side_run" ADD CONSTRAINT "side_run_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One learning curve at a time in a project, and one request to the playground at a time of a person: however many
-- ask at once. The schema language has no partial indexes.
CREATE UNIQUE INDEX "side_run_active_curve" ON "side_run"("projectId")
  WHERE "kind" = 'learning_curve' AND "state" IN ('queued', 'running');
CREATE UNIQUE INDEX "side_run_active_playground" ON "side_run"("createdById")
  WHERE "kind" = 'playground' AND "state" IN ('queued', 'running');
