-- A lost worker's round starts again by itself a bounded number of times.
ALTER TABLE "round" ADD COLUMN "restarts" INTEGER NOT NULL DEFAULT 0;
