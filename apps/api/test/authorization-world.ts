import { randomUUID } from 'node:crypto';
import { RewardConfig, SamplingConfig, type RouteName } from '@rankloop/contracts';
import { createInvitation, createSnapshot, type CurveRequest, defaultRoundConfig } from '@rankloop/core';
import { createCheckpoint, createProject, createTask } from '@rankloop/testkit';
import type { Asker, TestApp } from './start-test-app.ts';

/** The same set of objects once in the asked project and once in another one. */
export interface Objects {
  projectId: string;
  userId: string;
  tokenId: string;
  invitationId: string;
  leaseId: string;
  judgementId: string;
  snapshotId: string;
  roundId: string;
  checkpointId: string;
  importId: string;
  playgroundRunId: string;
  curveId: string;
}

export interface World {
  own: Objects;
  other: Objects;
  /** Same project as `own`, objects of another member. */
  colleague: Objects;
  stranger: Asker;
  /** Was a member; the session row is still there, so that only the look at the person refuses. */
  disabled: Asker;
  labeler: Asker;
  researcher: Asker;
  admin: Asker;
  siteAdmin: Asker;
  invitationToken: string;
}

export async function createWorld(app: TestApp): Promise<World> {
  const { prisma } = app.db;
  const { project, form } = await createProject(prisma, { isDemo: true });
  const foreign = await createProject(prisma, { isDemo: true });
  const labeler = await app.createMemberAsker(project.id, 'labeler');
  const colleague = await app.createMemberAsker(project.id, 'labeler');
  const researcher = await app.createMemberAsker(project.id, 'researcher');
  const admin = await app.createMemberAsker(project.id, 'admin');
  const siteAdmin = await app.createAsker({ siteAdmin: true });
  const stranger = await app.createMemberAsker(foreign.project.id, 'admin');
  const disabled = await app.createMemberAsker(project.id, 'admin');
  await prisma.user.update({
    where: { id: disabled.userId },
    data: { disabledAt: new Date(), siteAdmin: true },
  });
  await createTask(prisma, { projectId: project.id, formVersionId: form.id });
  const invited = await createInvitation({
    db: app.db,
    actor: { userId: admin.userId },
    projectId: project.id,
    role: 'labeler',
    expiresInHours: 1,
  });
  const objectsOf = (asker: Asker, projectId: string, formVersionId: string) =>
    createObjects(app, { asker, projectId, formVersionId });
  return {
    own: await objectsOf(labeler, project.id, form.id),
    colleague: await objectsOf(colleague, project.id, form.id),
    other: await objectsOf(stranger, foreign.project.id, foreign.form.id),
    stranger,
    disabled,
    labeler,
    researcher,
    admin,
    siteAdmin,
    invitationToken: invited.path.split('#')[1] ?? '',
  };
}

const CURVE: CurveRequest = {
  snapshotId: randomUUID(),
  judgements: 0,
  policyId: randomUUID(),
  config: RewardConfig.parse({}),
  sampling: SamplingConfig.parse({}),
  seed: 1,
};

interface ObjectsOptions {
  asker: Asker;
  projectId: string;
  formVersionId: string;
}

async function createObjects(app: TestApp, options: ObjectsOptions): Promise<Objects> {
  const { asker, projectId, formVersionId } = options;
  const { prisma } = app.db;
  const { userId } = asker;
  const { task, completionIds, slotIds } = await createTask(prisma, { projectId, formVersionId, need: 1 });
  const expiresAt = new Date(Date.now() + 3_600_000);
  const shownOrder = completionIds;
  const lease = await prisma.lease.create({
    data: {
      projectId,
      taskId: task.id,
      slotId: slotIds[0] ?? null,
      labelerId: userId,
      shownOrder,
      expiresAt,
    },
  });
  await prisma.slot.updateMany({
    where: { taskId: task.id },
    data: { state: 'leased', leaseId: lease.id, labelerId: userId, leaseExpiresAt: expiresAt },
  });
  const judged = await prisma.lease.create({
    data: {
      projectId,
      taskId: (await createTask(prisma, { projectId, formVersionId })).task.id,
      labelerId: userId,
      shownOrder,
      expiresAt,
      state: 'submitted',
      submittedAt: new Date(),
    },
  });
  const judgement = await prisma.judgement.create({
    data: {
      leaseId: judged.id,
      revision: 1,
      projectId,
      taskId: judged.taskId,
      labelerId: userId,
      source: 'person',
      outcome: 'unrankable',
      shownOrder,
      activeMs: 1,
      formVersionId,
      bodyHash: randomUUID(),
    },
  });
  const checkpoint = await createCheckpoint(prisma, { projectId });
  const number = 1 + (await prisma.round.count({ where: { projectId } }));
  const round = await prisma.round.create({
    data: {
      projectId,
      number,
      recipe: 'ppo',
      state: 'failed',
      config: defaultRoundConfig({ isDemo: true }),
      baseCheckpointId: checkpoint.id,
      endedAt: new Date(),
    },
  });
  const snapshot = await createSnapshot({ prisma, projectId, actor: { userId } });
  const playground = await prisma.sideRun.create({
    data: { projectId, kind: 'playground', state: 'succeeded', request: {} },
  });
  const curve = await prisma.sideRun.create({
    data: { projectId, kind: 'learning_curve', state: 'failed', request: CURVE },
  });
  const upload = await prisma.import.create({ data: { projectId, fileName: 'a.jsonl', format: 'prompts' } });
  const invitation = await prisma.invitation.create({
    data: { tokenHash: randomUUID(), projectId, role: 'labeler', createdById: userId, expiresAt },
  });
  const token = await prisma.apiToken.create({
    data: { userId, name: 'mine', tokenHash: randomUUID(), hint: 'rl_…', scopes: ['read'] },
  });
  return {
    projectId,
    userId,
    tokenId: token.id,
    invitationId: invitation.id,
    leaseId: lease.id,
    judgementId: judgement.id,
    snapshotId: snapshot.id,
    roundId: round.id,
    checkpointId: checkpoint.id,
    importId: upload.id,
    playgroundRunId: playground.id,
    curveId: curve.id,
  };
}

/** What to send so that the guard, and not the shape of the request, decides. */
export interface Sample {
  body?: (world: World) => unknown;
  query?: string;
  /** What else than the contract's status shows that the guard let the request through. */
  alsoPassed?: number[];
}

const judgement = { outcome: 'unrankable', activeMs: 1 };
const form = { ranking: {} };

/** One per route: a new contract does not compile until it is sampled here, and so tested. */
export const samples: Record<RouteName, Sample> = {
  signIn: {
    body: () => ({ email: 'nobody@example.test', password: 'wrong' }),
    // Reached, and refused for its own reason.
    alsoPassed: [401],
  },
  signOut: {},
  getMe: {},
  changePassword: { body: () => ({ current: 'x', next: 'long enough for it' }), alsoPassed: [401] },
  listApiTokens: {},
  createApiToken: { body: () => ({ name: 'ci', scopes: ['read'] }) },
  deleteApiToken: {},
  readInvitation: { body: ({ invitationToken }) => ({ token: invitationToken }) },
  acceptInvitation: {
    body: ({ invitationToken }) => ({
      token: invitationToken,
      account: { name: 'New', email: `${randomUUID()}@example.test`, password: 'long enough for it' },
    }),
  },
  resetPassword: {
    body: ({ invitationToken }) => ({ token: invitationToken, password: 'long enough for it' }),
    alsoPassed: [410],
  },
  listPeople: {},
  updatePerson: { body: () => ({ role: 'researcher' }) },
  removePerson: {},
  listInvitations: {},
  createInvitation: { body: () => ({}) },
  revokeInvitation: {},
  listAudit: {},
  listUsers: {},
  disableUser: {},
  enableUser: {},
  createPasswordReset: {},
  listProjects: {},
  createProject: { body: () => ({ name: 'New', form }) },
  getProject: {},
  updateProject: { body: () => ({ name: 'Renamed' }) },
  getLoop: {},
  listPrompts: {},
  simulateLabelers: { body: () => ({ judgements: 1 }) },
  cancelSimulation: {},
  claimTask: { body: () => ({}) },
  submitJudgement: { body: () => judgement },
  reviseJudgement: { body: () => ({ revision: 1, judgement }), alsoPassed: [409] },
  releaseLease: {},
  renewLease: {},
  getOwnLease: {},
  getLabelingStats: {},
  listOwnHistory: {},
  listJudgements: {},
  getJudgement: {},
  checkRound: { body: () => ({ config: {} }) },
  draftRound: {},
  listRounds: {},
  startRound: { body: () => ({}), alsoPassed: [422] },
  getRound: {},
  cancelRound: { alsoPassed: [409] },
  retryRound: { alsoPassed: [409, 422] },
  getRoundMetrics: {},
  getRoundScores: {},
  getRoundCurves: { query: '?rounds=00000000-0000-4000-8000-000000000000&metric=loss' },
  listRoundStarters: {},
  getAutoRounds: {},
  updateAutoRounds: { body: () => ({}) },
  listRoundSamples: {},
  listCheckpoints: {},
  promoteCheckpoint: { alsoPassed: [409] },
  getCheckpointStorage: {},
  updateRetention: { body: () => ({}) },
  pruneCheckpoints: {},
  getCheckpoint: {},
  downloadCheckpoint: {},
  getCheckpointLineage: {},
  listLineageSteps: {},
  listLineageLabelers: {},
  checkLineage: {},
  getJudgementLineage: {},
  getLabelerLineage: {},
  excludeLabeler: { body: () => ({ reason: 'Answers at random' }) },
  includeLabeler: {},
  previewImport: { body: () => '{"prompt":"Hello"}\n' },
  startImport: { body: () => '{"prompt":"Hello"}\n', query: '?fileName=a.jsonl' },
  listImports: {},
  getImport: {},
  listImportErrors: {},
  cancelImport: { alsoPassed: [409] },
  listSnapshots: {},
  createSnapshot: { body: () => ({}), alsoPassed: [422] },
  exportSnapshot: { query: '?format=judgements' },
  getExportManifest: { query: '?format=judgements' },
  liveEvents: {},
  startPlaygroundRun: {
    body: ({ own }) => ({
      conversation: [{ role: 'user', content: 'Hello' }],
      checkpointIds: [own.checkpointId],
    }),
  },
  getPlaygroundRun: {},
  cancelPlaygroundRun: {},
  getBudget: {},
  startCurve: { alsoPassed: [422] },
  cancelCurve: {},
  getSystem: {},
  getVersion: {},
};
