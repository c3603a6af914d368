import { createHash, randomUUID } from 'node:crypto';
import type { Prisma } from '@rankloop/db';
import { demoProject, demoPrompts, readSeededOutputs, type DemoPrompt } from '@rankloop/demo';

export interface DemoRowsOptions {
  projectId: string;
  checkpointId: string;
  formVersionId: string;
}

export interface DemoRows {
  prompts: Prisma.PromptCreateManyInput[];
  completions: Prisma.CompletionCreateManyInput[];
  tasks: Prisma.TaskCreateManyInput[];
  links: Prisma.TaskCompletionCreateManyInput[];
  slots: Prisma.SlotCreateManyInput[];
}

/** Prompts, the base model's outputs, and the tasks that wait for people, as rows. */
export function buildDemoRows({ projectId, checkpointId, formVersionId }: DemoRowsOptions): DemoRows {
  const { training, heldOut } = demoPrompts;
  const prompts = [
    ...training.map((prompt) => promptRow(projectId, prompt, false)),
    ...heldOut.map((prompt) => promptRow(projectId, prompt, true)),
  ];
  const idOf = new Map(prompts.map(({ externalId, id }) => [externalId, id]));
  const rows: DemoRows = { prompts, completions: [], tasks: [], links: [], slots: [] };
  const { sampling, seed, rows: outputRows } = readSeededOutputs();
  for (const { promptId: externalId, outputs } of outputRows) {
    const promptId = idOf.get(externalId);
    // Outputs of a prompt that the demo no longer has.
    if (promptId === undefined) continue;
    const taskId = randomUUID();
    rows.tasks.push({ id: taskId, projectId, promptId, formVersionId, need: demoProject.overlap });
    for (let need = 0; need < demoProject.overlap; need++) rows.slots.push({ projectId, taskId });
    for (const [position, { text, tokenIds, logProbs, finished }] of outputs.entries()) {
      const completionId = randomUUID();
      rows.completions.push({
        id: completionId,
        projectId,
        promptId,
        text,
        textHash: sha256(text),
        source: 'demo',
        modelName: 'Base',
        checkpointId,
        sampling,
        seed,
        tokenIds,
        logProbs,
        finishReason: finished,
      });
      rows.links.push({ taskId, position, completionId });
    }
  }
  return rows;
}

function promptRow(projectId: string, prompt: DemoPrompt, isHeldOut: boolean) {
  const conversation = [{ role: 'user', content: prompt.text }];
  return {
    id: randomUUID(),
    projectId,
    externalId: prompt.id,
    contentHash: sha256(JSON.stringify(conversation)),
    source: 'demo',
    useCase: prompt.item.kind,
    conversation,
    heldOut: isHeldOut,
  } satisfies Prisma.PromptCreateManyInput;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
