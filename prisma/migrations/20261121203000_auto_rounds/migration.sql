-- CreateTable
CREATE TABLE "auto_rounds" (
    "projectId" UUID NOT NULL,
    "settings" JSONB NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "triedAt" TIMESTAMPTZ(3),
    "note" TEXT,

    CONSTRAINT "auto_rounds_pkey" PRIMARY KEY ("projectId")
);

-- AlterTable
ALTER TABLE "round" ADD COLUMN     "gate" JSONB,
ADD COLUMN     "isAutomatic" BOOLEAN NOT NULL DEFAULT false;

-- AddForeignKey
ALTER TABLE "auto_rounds" ADD CONSTRAINT "auto_rounds_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;
