import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { baseModelDir } from './base-model.ts';
import { demoProject } from './project.ts';
import { demoPrompts } from './prompts.ts';
import { readSeededOutputs } from './seeded-outputs.ts';

const seeded = readSeededOutputs();

test('the seeded outputs were written by the base model that lies beside them', () => {
  const weights = readFileSync(join(baseModelDir, 'model.safetensors'));
  expect(seeded.model).toBe(createHash('sha256').update(weights).digest('hex'));
});

test('every task at the start has its outputs', () => {
  const wanted = demoPrompts.training.slice(0, demoProject.seededTaskCount).map(({ id }) => id);
  expect(seeded.rows.map(({ promptId }) => promptId)).toEqual(wanted);
  for (const { outputs } of seeded.rows) expect(outputs).toHaveLength(demoProject.outputsPerTask);
});
