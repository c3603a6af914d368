-- Old rounds keep the shape of their curves only; this says when the points between were given up.
ALTER TABLE "round" ADD COLUMN "metricsThinnedAt" TIMESTAMPTZ(3);
