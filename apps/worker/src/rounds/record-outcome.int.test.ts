import { RoundConfig } from '@rankloop/contracts';
import { createCheckpoint, createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TrainingFailedError } from '../training/training-process.ts';
import { recordOutcome } from './record-outcome.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('why a round failed names files within the data directory, and not where that lies', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const { id: baseCheckpointId } = await createCheckpoint(prisma, { projectId: project.id });
  const { id: roundId, attempt } = await prisma.round.create({
    data: {
      projectId: project.id,
      number: 1,
      recipe: 'dpo',
      state: 'running',
      config: RoundConfig.parse({ stages: [{ recipe: 'dpo' }] }),
      baseCheckpointId,
    },
  });
  const dataDir = '/srv/rankloop/data';
  await recordOutcome({
    prisma,
    dataDir,
    fence: { roundId, attempt },
    logger: pino({ level: 'silent' }),
    reason: new TrainingFailedError('error', `There is no ${dataDir}/checkpoints/base/config.json.`),
  });
  const { reason, state } = await prisma.round.findUniqueOrThrow({ where: { id: roundId } });
  expect({ reason, state }).toEqual({
    reason: 'There is no checkpoints/base/config.json.',
    state: 'failed',
  });
});
