-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "user_kind" AS ENUM ('person', 'synthetic', 'imported');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('labeler', 'researcher', 'admin');

-- CreateEnum
CREATE TYPE "slot_state" AS ENUM ('free', 'leased', 'done');

-- CreateEnum
CREATE TYPE "lease_state" AS ENUM ('active', 'submitted', 'surplus', 'released', 'expired');

-- CreateEnum
CREATE TYPE "judgement_source" AS ENUM ('person', 'imported', 'synthetic');

-- CreateEnum
CREATE TYPE "judgement_outcome" AS ENUM ('ok', 'skipped', 'unrankable', 'both_bad');

-- CreateEnum
CREATE TYPE "import_state" AS ENUM ('running', 'succeeded', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "prompt_source" AS ENUM ('imported', 'labeler', 'customer', 'demo');

-- CreateEnum
CREATE TYPE "checkpoint_kind" AS ENUM ('policy', 'reward');

-- CreateEnum
CREATE TYPE "completion_source" AS ENUM ('sampled', 'imported', 'person', 'demo');

-- CreateEnum
CREATE TYPE "round_state" AS ENUM ('queued', 'running', 'cancelling', 'cancelled', 'succeeded', 'failed', 'diverged');

-- CreateEnum
CREATE TYPE "stage_state" AS ENUM ('waiting', 'running', 'done', 'failed', 'skipped');

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "emailVerified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "kind" "user_kind" NOT NULL DEFAULT 'person',
    "siteAdmin" BOOLEAN NOT NULL DEFAULT false,
    "disabledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "token" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "ipAddress" TEXT,
    "userAgent" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "accountId" TEXT NOT NULL,
    "providerId" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "accessToken" TEXT,
    "refreshToken" TEXT,
    "idToken" TEXT,
    "accessTokenExpiresAt" TIMESTAMPTZ(3),
    "refreshTokenExpiresAt" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_throttle" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "lastFailureAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sign_in_throttle_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "membership" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "role" "role" NOT NULL,
    "pseudonym" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "membership_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invitation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "tokenHash" TEXT NOT NULL,
    "email" TEXT,
    "projectId" UUID,
    "role" "role",
    "siteAdmin" BOOLEAN NOT NULL DEFAULT false,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    "usedById" UUID,
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "password_reset" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "tokenHash" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "password_reset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "userId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "scopes" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "promptId" UUID NOT NULL,
    "formVersionId" UUID NOT NULL,
    "externalId" TEXT,
    "rowHash" TEXT,
    "need" INTEGER NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "importId" UUID,
    "roundId" UUID,
    "closedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task_completion" (
    "taskId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "completionId" UUID NOT NULL,

    CONSTRAINT "task_completion_pkey" PRIMARY KEY ("taskId","position")
);

-- CreateTable
CREATE TABLE "slot" (
    "id" BIGSERIAL NOT NULL,
    "projectId" UUID NOT NULL,
    "taskId" UUID NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "state" "slot_state" NOT NULL DEFAULT 'free',
    "leaseId" UUID,
    "labelerId" UUID,
    "leaseExpiresAt" TIMESTAMPTZ(3),

    CONSTRAINT "slot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lease" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "taskId" UUID NOT NULL,
    "slotId" BIGINT,
    "labelerId" UUID NOT NULL,
    "state" "lease_state" NOT NULL DEFAULT 'active',
    "shownOrder" UUID[],
    "claimedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "submittedAt" TIMESTAMPTZ(3),

    CONSTRAINT "lease_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "judgement" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "leaseId" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "projectId" UUID NOT NULL,
    "taskId" UUID NOT NULL,
    "labelerId" UUID NOT NULL,
    "source" "judgement_source" NOT NULL,
    "outcome" "judgement_outcome" NOT NULL,
    "skipReason" TEXT,
    "shownOrder" UUID[],
    "ranks" JSONB,
    "strength" INTEGER,
    "scores" JSONB,
    "flags" JSONB,
    "critiques" JSONB,
    "edits" JSONB,
    "demonstration" TEXT,
    "comment" TEXT,
    "confidence" INTEGER,
    "activeMs" INTEGER NOT NULL,
    "formVersionId" UUID NOT NULL,
    "guidelineVersionId" UUID,
    "counts" BOOLEAN NOT NULL DEFAULT true,
    "bodyHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "judgement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "snapshot" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "filters" JSONB NOT NULL,
    "judgementCount" INTEGER NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "snapshot_judgement" (
    "snapshotId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "judgementId" UUID NOT NULL,
    "contentHash" TEXT NOT NULL,

    CONSTRAINT "snapshot_judgement_pkey" PRIMARY KEY ("snapshotId","position")
);

-- CreateTable
CREATE TABLE "import" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "fileName" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "state" "import_state" NOT NULL DEFAULT 'running',
    "options" JSONB NOT NULL DEFAULT '{}',
    "bytesRead" BIGINT NOT NULL DEFAULT 0,
    "totalBytes" BIGINT,
    "linesRead" INTEGER NOT NULL DEFAULT 0,
    "tasksCreated" INTEGER NOT NULL DEFAULT 0,
    "promptsCreated" INTEGER NOT NULL DEFAULT 0,
    "judgementsCreated" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "badLines" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_error" (
    "id" BIGSERIAL NOT NULL,
    "importId" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "excerpt" TEXT NOT NULL,

    CONSTRAINT "import_error_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actorId" UUID,
    "action" TEXT NOT NULL,
    "projectId" UUID,
    "subjectType" TEXT NOT NULL,
    "subjectId" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "requestId" TEXT,
    "address" TEXT,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "live_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "projectId" UUID,
    "userId" UUID,
    "topic" TEXT NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "live_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "worker_process" (
    "id" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "engine" JSONB,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_process_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "isDemo" BOOLEAN NOT NULL DEFAULT false,
    "overlap" INTEGER NOT NULL DEFAULT 1,
    "leaseTtlMs" INTEGER NOT NULL DEFAULT 1800000,
    "editWindowMs" INTEGER NOT NULL DEFAULT 3600000,
    "dailyGoal" INTEGER,
    "archivedAt" TIMESTAMPTZ(3),
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "currentPolicyId" UUID,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "form_version" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "spec" JSONB NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "form_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "guideline_version" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "markdown" TEXT NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "guideline_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "prompt" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "externalId" TEXT,
    "contentHash" TEXT NOT NULL,
    "source" "prompt_source" NOT NULL,
    "useCase" TEXT,
    "conversation" JSONB NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "heldOut" BOOLEAN NOT NULL DEFAULT false,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "prompt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "checkpoint_kind" NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "modelId" UUID NOT NULL,
    "kind" "checkpoint_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "folder" TEXT NOT NULL,
    "manifestHash" TEXT NOT NULL,
    "manifest" JSONB NOT NULL,
    "parentId" UUID,
    "roundId" UUID,
    "attempt" INTEGER,
    "metrics" JSONB NOT NULL DEFAULT '{}',
    "promotedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "completion" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "promptId" UUID NOT NULL,
    "externalId" TEXT,
    "text" TEXT NOT NULL,
    "textHash" TEXT NOT NULL,
    "source" "completion_source" NOT NULL,
    "modelName" TEXT,
    "checkpointId" UUID,
    "roundId" UUID,
    "sampling" JSONB,
    "seed" BIGINT,
    "tokenIds" INTEGER[],
    "logProbs" DOUBLE PRECISION[],
    "finishReason" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "completion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "round" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "state" "round_state" NOT NULL DEFAULT 'queued',
    "recipe" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "snapshotId" UUID,
    "baseCheckpointId" UUID NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "cancelRequestedAt" TIMESTAMPTZ(3),
    "reason" TEXT,
    "reasonCode" TEXT,
    "workerId" TEXT,
    "heartbeatAt" TIMESTAMPTZ(3),
    "engine" JSONB,
    "summary" JSONB NOT NULL DEFAULT '{}',
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "round_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stage" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "roundId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "state" "stage_state" NOT NULL DEFAULT 'waiting',
    "step" INTEGER NOT NULL DEFAULT 0,
    "totalSteps" INTEGER NOT NULL DEFAULT 0,
    "message" TEXT,
    "result" JSONB,
    "startedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "stage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric" (
    "id" BIGSERIAL NOT NULL,
    "roundId" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "stage" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "metric_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "round_sample" (
    "id" BIGSERIAL NOT NULL,
    "roundId" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "policy" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "promptId" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "score" DOUBLE PRECISION,
    "kl" DOUBLE PRECISION,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "round_sample_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "round_log" (
    "id" BIGSERIAL NOT NULL,
    "roundId" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "level" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "round_log_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_key" ON "session"("token");

-- CreateIndex
CREATE INDEX "session_userId_idx" ON "session"("userId");

-- CreateIndex
CREATE INDEX "account_userId_idx" ON "account"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "account_providerId_accountId_key" ON "account"("providerId", "accountId");

-- CreateIndex
CREATE INDEX "verification_identifier_idx" ON "verification"("identifier");

-- CreateIndex
CREATE INDEX "membership_userId_idx" ON "membership"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "membership_projectId_userId_key" ON "membership"("projectId", "userId");

-- CreateIndex
CREATE UNIQUE INDEX "membership_projectId_pseudonym_key" ON "membership"("projectId", "pseudonym");

-- CreateIndex
CREATE UNIQUE INDEX "invitation_tokenHash_key" ON "invitation"("tokenHash");

-- CreateIndex
CREATE INDEX "invitation_projectId_createdAt_idx" ON "invitation"("projectId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "password_reset_tokenHash_key" ON "password_reset"("tokenHash");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_tokenHash_key" ON "api_token"("tokenHash");

-- CreateIndex
CREATE INDEX "api_token_userId_idx" ON "api_token"("userId");

-- CreateIndex
CREATE INDEX "task_projectId_createdAt_id_idx" ON "task"("projectId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "task_promptId_idx" ON "task"("promptId");

-- CreateIndex
CREATE INDEX "task_roundId_idx" ON "task"("roundId");

-- CreateIndex
CREATE UNIQUE INDEX "task_projectId_externalId_key" ON "task"("projectId", "externalId");

-- CreateIndex
CREATE UNIQUE INDEX "task_projectId_rowHash_key" ON "task"("projectId", "rowHash");

-- CreateIndex
CREATE INDEX "task_completion_completionId_idx" ON "task_completion"("completionId");

-- CreateIndex
CREATE UNIQUE INDEX "task_completion_taskId_completionId_key" ON "task_completion"("taskId", "completionId");

-- CreateIndex
CREATE UNIQUE INDEX "slot_leaseId_key" ON "slot"("leaseId");

-- CreateIndex
CREATE UNIQUE INDEX "slot_taskId_labelerId_key" ON "slot"("taskId", "labelerId");

-- CreateIndex
CREATE INDEX "lease_labelerId_projectId_claimedAt_idx" ON "lease"("labelerId", "projectId", "claimedAt");

-- CreateIndex
CREATE INDEX "lease_taskId_idx" ON "lease"("taskId");

-- CreateIndex
CREATE INDEX "judgement_projectId_createdAt_id_idx" ON "judgement"("projectId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "judgement_labelerId_projectId_createdAt_idx" ON "judgement"("labelerId", "projectId", "createdAt");

-- CreateIndex
CREATE INDEX "judgement_taskId_idx" ON "judgement"("taskId");

-- CreateIndex
CREATE UNIQUE INDEX "judgement_leaseId_revision_key" ON "judgement"("leaseId", "revision");

-- CreateIndex
CREATE INDEX "snapshot_projectId_createdAt_idx" ON "snapshot"("projectId", "createdAt");

-- CreateIndex
CREATE INDEX "snapshot_judgement_judgementId_idx" ON "snapshot_judgement"("judgementId");

-- CreateIndex
CREATE INDEX "import_projectId_createdAt_idx" ON "import"("projectId", "createdAt");

-- CreateIndex
CREATE INDEX "import_error_importId_line_idx" ON "import_error"("importId", "line");

-- CreateIndex
CREATE INDEX "audit_event_projectId_id_idx" ON "audit_event"("projectId", "id");

-- CreateIndex
CREATE INDEX "audit_event_actorId_id_idx" ON "audit_event"("actorId", "id");

-- CreateIndex
CREATE INDEX "live_event_at_idx" ON "live_event"("at");

-- CreateIndex
CREATE UNIQUE INDEX "project_slug_key" ON "project"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "project_currentPolicyId_key" ON "project"("currentPolicyId");

-- CreateIndex
CREATE UNIQUE INDEX "form_version_projectId_version_key" ON "form_version"("projectId", "version");

-- CreateIndex
CREATE UNIQUE INDEX "guideline_version_projectId_version_key" ON "guideline_version"("projectId", "version");

-- CreateIndex
CREATE INDEX "prompt_projectId_contentHash_idx" ON "prompt"("projectId", "contentHash");

-- CreateIndex
CREATE INDEX "prompt_projectId_createdAt_id_idx" ON "prompt"("projectId", "createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "prompt_projectId_externalId_key" ON "prompt"("projectId", "externalId");

-- CreateIndex
CREATE UNIQUE INDEX "model_projectId_name_key" ON "model"("projectId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "checkpoint_folder_key" ON "checkpoint"("folder");

-- CreateIndex
CREATE INDEX "checkpoint_projectId_kind_createdAt_idx" ON "checkpoint"("projectId", "kind", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "checkpoint_roundId_attempt_kind_key" ON "checkpoint"("roundId", "attempt", "kind");

-- CreateIndex
CREATE INDEX "completion_promptId_idx" ON "completion"("promptId");

-- CreateIndex
CREATE INDEX "completion_projectId_createdAt_idx" ON "completion"("projectId", "createdAt");

-- CreateIndex
CREATE INDEX "completion_checkpointId_idx" ON "completion"("checkpointId");

-- CreateIndex
CREATE INDEX "round_state_heartbeatAt_idx" ON "round"("state", "heartbeatAt");

-- CreateIndex
CREATE UNIQUE INDEX "round_projectId_number_key" ON "round"("projectId", "number");

-- CreateIndex
CREATE UNIQUE INDEX "stage_roundId_position_key" ON "stage"("roundId", "position");

-- CreateIndex
CREATE UNIQUE INDEX "metric_roundId_stage_name_step_key" ON "metric"("roundId", "stage", "name", "step");

-- CreateIndex
CREATE UNIQUE INDEX "round_sample_roundId_policy_step_promptId_key" ON "round_sample"("roundId", "policy", "step", "promptId");

-- CreateIndex
CREATE INDEX "round_log_roundId_id_idx" ON "round_log"("roundId", "id");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "password_reset" ADD CONSTRAINT "password_reset_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_promptId_fkey" FOREIGN KEY ("promptId") REFERENCES "prompt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_formVersionId_fkey" FOREIGN KEY ("formVersionId") REFERENCES "form_version"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_completion" ADD CONSTRAINT "task_completion_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task_completion" ADD CONSTRAINT "task_completion_completionId_fkey" FOREIGN KEY ("completionId") REFERENCES "completion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot" ADD CONSTRAINT "slot_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot" ADD CONSTRAINT "slot_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_labelerId_fkey" FOREIGN KEY ("labelerId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "judgement" ADD CONSTRAINT "judgement_leaseId_fkey" FOREIGN KEY ("leaseId") REFERENCES "lease"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "judgement" ADD CONSTRAINT "judgement_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "judgement" ADD CONSTRAINT "judgement_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "judgement" ADD CONSTRAINT "judgement_labelerId_fkey" FOREIGN KEY ("labelerId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshot" ADD CONSTRAINT "snapshot_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshot_judgement" ADD CONSTRAINT "snapshot_judgement_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "snapshot"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshot_judgement" ADD CONSTRAINT "snapshot_judgement_judgementId_fkey" FOREIGN KEY ("judgementId") REFERENCES "judgement"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import" ADD CONSTRAINT "import_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_error" ADD CONSTRAINT "import_error_importId_fkey" FOREIGN KEY ("importId") REFERENCES "import"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project" ADD CONSTRAINT "project_currentPolicyId_fkey" FOREIGN KEY ("currentPolicyId") REFERENCES "checkpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "form_version" ADD CONSTRAINT "form_version_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "guideline_version" ADD CONSTRAINT "guideline_version_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "prompt" ADD CONSTRAINT "prompt_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model" ADD CONSTRAINT "model_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "model"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "checkpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "completion" ADD CONSTRAINT "completion_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "completion" ADD CONSTRAINT "completion_promptId_fkey" FOREIGN KEY ("promptId") REFERENCES "prompt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "completion" ADD CONSTRAINT "completion_checkpointId_fkey" FOREIGN KEY ("checkpointId") REFERENCES "checkpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "round" ADD CONSTRAINT "round_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "round" ADD CONSTRAINT "round_snapshotId_fkey" FOREIGN KEY ("snapshotId") REFERENCES "snapshot"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "round" ADD CONSTRAINT "round_baseCheckpointId_fkey" FOREIGN KEY ("baseCheckpointId") REFERENCES "checkpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage" ADD CONSTRAINT "stage_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metric" ADD CONSTRAINT "metric_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "round_sample" ADD CONSTRAINT "round_sample_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "round_log" ADD CONSTRAINT "round_log_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the schema language cannot say.

-- The queue of claimable slots in the order of work; done slots leave it.
CREATE INDEX "slot_open" ON "slot" ("projectId", "priority" DESC, "id") WHERE "state" <> 'done';

-- One live lease per person and task; a lease that expired or was released leaves room for another.
CREATE UNIQUE INDEX "lease_one_per_person" ON "lease" ("taskId", "labelerId") WHERE "state" IN ('active', 'submitted', 'surplus');
CREATE INDEX "lease_active" ON "lease" ("labelerId", "projectId") WHERE "state" = 'active';

-- One round at a time works on a project.
CREATE UNIQUE INDEX "round_one_active" ON "round" ("projectId") WHERE "state" IN ('queued', 'running', 'cancelling');

-- Conversations without an external id are found by content.
CREATE UNIQUE INDEX "prompt_by_content" ON "prompt" ("projectId", "contentHash") WHERE "externalId" IS NULL;

ALTER TABLE "slot" ADD CONSTRAINT "slot_lease_complete" CHECK (
  ("state" = 'free' AND "leaseId" IS NULL AND "labelerId" IS NULL AND "leaseExpiresAt" IS NULL)
  OR ("state" = 'leased' AND "leaseId" IS NOT NULL AND "labelerId" IS NOT NULL AND "leaseExpiresAt" IS NOT NULL)
  OR ("state" = 'done' AND "leaseId" IS NOT NULL AND "labelerId" IS NOT NULL)
);

-- Judgements and snapshots never change. Deleting a whole project or snapshot stays possible.
CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END;
$$;
CREATE TRIGGER "judgement_immutable" BEFORE UPDATE ON "judgement" FOR EACH ROW EXECUTE FUNCTION refuse_update();
CREATE TRIGGER "snapshot_judgement_immutable" BEFORE UPDATE ON "snapshot_judgement" FOR EACH ROW EXECUTE FUNCTION refuse_update();

-- Open pages listen on one channel.
CREATE FUNCTION notify_live_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('rankloop_event', NEW."id"::text);
  RETURN NULL;
END;
$$;
CREATE TRIGGER "live_event_notify" AFTER INSERT ON "live_event" FOR EACH ROW EXECUTE FUNCTION notify_live_event();
