-- CreateTable
CREATE TABLE "corpus" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "projectId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "texts" INTEGER NOT NULL,
    "bytes" BIGINT NOT NULL,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "corpus_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "corpus_projectId_createdAt_idx" ON "corpus"("projectId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "corpus_projectId_name_key" ON "corpus"("projectId", "name");

-- AddForeignKey
ALTER TABLE "corpus" ADD CONSTRAINT "corpus_projectId_fkey" FOREIGN KEY ("projectId") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;
