import { createHash, randomUUID } from 'node:crypto';
import { FORM_PRESETS, type FormKind, type FormSpec, type Message, type Role } from '@rankloop/contracts';
import type { Checkpoint, CheckpointKind, FormVersion, Membership, PrismaClient } from '@rankloop/db';
import type { Project, Prompt, Task, User, UserKind } from '@rankloop/db';

/** Every factory makes rows of its own with random names, so that tests never meet in one. */
type Rows = PrismaClient;

export interface CreateUserOptions {
  name?: string;
  email?: string;
  kind?: UserKind;
  siteAdmin?: boolean;
  disabledAt?: Date;
}

export async function createUser(prisma: Rows, options: CreateUserOptions = {}): Promise<User> {
  const tag = randomUUID().slice(0, 8);
  return prisma.user.create({
    data: { name: `Person ${tag}`, email: `person-${tag}@example.test`, ...options },
  });
}

export interface CreateMembershipOptions {
  projectId: string;
  userId: string;
  role: Role;
}

export async function createMembership(prisma: Rows, options: CreateMembershipOptions): Promise<Membership> {
  return prisma.membership.create({ data: { ...options, pseudonym: `labeler-${randomUUID().slice(0, 8)}` } });
}

/** A person who is a member of the project. */
export async function createMember(prisma: Rows, projectId: string, role: Role): Promise<User> {
  const user = await createUser(prisma);
  await createMembership(prisma, { projectId, userId: user.id, role });
  return user;
}

export interface CreateProjectOptions {
  form?: FormKind | FormSpec;
  overlap?: number;
  leaseTtlMs?: number;
  editWindowMs?: number;
  isDemo?: boolean;
}

export interface MadeProject {
  project: Project;
  form: FormVersion;
}

export async function createProject(prisma: Rows, options: CreateProjectOptions = {}): Promise<MadeProject> {
  const { form = 'ranking', ...fields } = options;
  const tag = randomUUID().slice(0, 8);
  const project = await prisma.project.create({
    data: { slug: `project-${tag}`, name: `Project ${tag}`, ...fields },
  });
  const spec = typeof form === 'string' ? FORM_PRESETS[form].spec : form;
  const version = await prisma.formVersion.create({ data: { projectId: project.id, version: 1, spec } });
  return { project, form: version };
}

export interface CreatePromptOptions {
  projectId: string;
  text?: string;
  heldOut?: boolean;
}

export async function createPrompt(prisma: Rows, options: CreatePromptOptions): Promise<Prompt> {
  const content = options.text ?? `Review of the kettle ${randomUUID()}:`;
  const conversation: Message[] = [{ role: 'user', content }];
  return prisma.prompt.create({
    data: {
      projectId: options.projectId,
      contentHash: sha256(JSON.stringify(conversation)),
      source: 'imported',
      conversation,
      heldOut: options.heldOut ?? false,
    },
  });
}

export interface CreateTaskOptions {
  projectId: string;
  formVersionId: string;
  /** The outputs, or how many to make up. */
  outputs?: readonly string[] | number;
  /** Judgements needed: as many slots are made. */
  need?: number;
  priority?: number;
}

export interface MadeTask {
  task: Task;
  prompt: Prompt;
  completionIds: string[];
  slotIds: bigint[];
}

/** A prompt with its completions, the task over them, and one free slot per needed judgement. */
export async function createTask(prisma: Rows, options: CreateTaskOptions): Promise<MadeTask> {
  const { projectId, formVersionId, outputs = 4, need = 1, priority = 0 } = options;
  const texts =
    typeof outputs === 'number'
      ? Array.from({ length: outputs }, (_, index) => `Output ${index + 1} ${randomUUID()}.`)
      : outputs;
  const prompt = await createPrompt(prisma, { projectId });
  const completions = await prisma.completion.createManyAndReturn({
    data: texts.map((text) => ({
      id: randomUUID(),
      projectId,
      promptId: prompt.id,
      text,
      textHash: sha256(text),
      source: 'imported' as const,
    })),
  });
  const completionIds = completions.map((completion) => completion.id);
  const task = await prisma.task.create({
    data: {
      projectId,
      promptId: prompt.id,
      formVersionId,
      need,
      priority,
      completions: { create: completionIds.map((completionId, position) => ({ position, completionId })) },
    },
  });
  const slots = await prisma.slot.createManyAndReturn({
    data: Array.from({ length: need }, () => ({ projectId, taskId: task.id, priority })),
  });
  return { task, prompt, completionIds, slotIds: slots.map((slot) => slot.id) };
}

export interface CreateCheckpointOptions {
  projectId: string;
  kind?: CheckpointKind;
  folder?: string;
  /** Make it the policy whose samples go to people. */
  current?: boolean;
}

export async function createCheckpoint(prisma: Rows, options: CreateCheckpointOptions): Promise<Checkpoint> {
  const { projectId, kind = 'policy' } = options;
  const tag = randomUUID().slice(0, 8);
  const model = await prisma.model.upsert({
    where: { projectId_name: { projectId, name: kind } },
    create: { projectId, name: kind, kind },
    update: {},
  });
  const checkpoint = await prisma.checkpoint.create({
    data: {
      projectId,
      modelId: model.id,
      kind,
      name: `${kind} ${tag}`,
      folder: options.folder ?? `checkpoints/${tag}`,
      manifestHash: sha256(tag),
      manifest: {},
    },
  });
  if (options.current === true)
    await prisma.project.update({ where: { id: projectId }, data: { currentPolicyId: checkpoint.id } });
  return checkpoint;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
