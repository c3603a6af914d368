-- Shapes of the curves of rounds that have ended. They are made from the metrics by the worker, which stores those of
-- earlier rounds too.
ALTER TABLE "round" ADD COLUMN "curvesStoredFor" TIMESTAMPTZ(3);

CREATE TABLE "round_curve" (
    "roundId" UUID NOT NULL,
    "stage" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "steps" INTEGER[],
    "values" DOUBLE PRECISION[],

    CONSTRAINT "round_curve_pkey" PRIMARY KEY ("roundId", "stage", "name")
);

ALTER TABLE "round_curve" ADD CONSTRAINT "round_curve_roundId_fkey" FOREIGN KEY ("roundId") REFERENCES "round"("id") ON DELETE CASCADE ON UPDATE CASCADE;
