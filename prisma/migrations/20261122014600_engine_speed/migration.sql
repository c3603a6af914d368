-- Measured by a worker once per machine, engine and size of model: what the first rounds are estimated from.
CREATE TABLE "engine_speed" (
    "hostname" TEXT NOT NULL,
    "engine" TEXT NOT NULL,
    "modelBytes" BIGINT NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "commandSeconds" DOUBLE PRECISION NOT NULL,
    "drawTokenSeconds" DOUBLE PRECISION NOT NULL,
    "learnTokenSeconds" DOUBLE PRECISION NOT NULL,
    "promptTokens" DOUBLE PRECISION NOT NULL,
    "outputTokens" DOUBLE PRECISION NOT NULL,
    "measuredAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "engine_speed_pkey" PRIMARY KEY ("hostname", "engine", "modelBytes")
);
