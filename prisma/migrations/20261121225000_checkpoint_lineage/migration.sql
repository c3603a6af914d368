-- AlterTable
ALTER TABLE "checkpoint" ADD COLUMN     "lineageHash" TEXT,
ADD COLUMN     "prunedAt" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "labeler_exclusion" (
    "projectId" UUID NOT NULL,
    "labelerId" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "labeler_exclusion_pkey" PRIMARY KEY ("projectId","labelerId")
);

-- CreateTable
CREATE TABLE "checkpoint_retention" (
    "projectId" UUID NOT NULL,
    "settings" JSONB NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoint_retention_pkey" PRIMARY KEY ("projectId")
);

-- AddForeignKey
ALTER TABLE "labeler_exclusion" ADD CONSTRAINT "labeler_exclusion_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint_retention" ADD CONSTRAINT "checkpoint_retention_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;
