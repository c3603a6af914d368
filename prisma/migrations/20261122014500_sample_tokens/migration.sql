-- How long an output is for the model that drew it; characters say little about that.
ALTER TABLE "round_sample" ADD COLUMN "tokens" INTEGER;
