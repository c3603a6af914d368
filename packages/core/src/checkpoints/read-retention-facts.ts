import { lastMade, RetentionSettings, RoundConfig, RoundReport } from '@rankloop/contracts';
import type { Prisma } from '@rankloop/db';
import { z } from 'zod';
import { ACTIVE_STATES } from '../rounds/stages.ts';
import type { KeptFacts } from './retention-rule.ts';

type Reader = Pick<Prisma.TransactionClient, 'checkpoint' | 'checkpointRetention' | 'project' | 'round'>;

/** The settings of a project; the defaults where nobody has set any. */
export async function readRetentionSettings(reader: Reader, projectId: string): Promise<RetentionSettings> {
  const row = await reader.checkpointRetention.findUnique({ where: { projectId } });
  return RetentionSettings.parse(row?.settings ?? {});
}

/** Of all checkpoints that have their files, newest first. */
export async function readRetentionFacts(reader: Reader, projectId: string): Promise<KeptFacts[]> {
  const project = await reader.project.findUniqueOrThrow({
    where: { id: projectId },
    select: { currentPolicy: { select: { id: true, roundId: true } } },
  });
  const rows = await reader.checkpoint.findMany({
    where: { projectId, prunedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true, kind: true, stage: true, roundId: true, promotedAt: true, metrics: true },
  });
  const active = await readActive(reader, projectId);
  const rounds = await reader.round.findMany({
    where: { projectId },
    select: { id: true, config: true, summary: true },
  });
  const figures = new Map(rounds.map((round) => [round.id, figureOfRound(round)]));
  const { currentPolicy } = project;
  const winRateOf = ({ roundId, stage }: { roundId: string | null; stage: string | null }) => {
    const ofRound = roundId === null ? undefined : figures.get(roundId);
    return ofRound !== undefined && ofRound.stage === stage ? (ofRound.winRate ?? null) : null;
  };
  return rows.map((row) => {
    return {
      id: row.id,
      kind: row.kind,
      isCurrent: row.id === currentPolicy?.id,
      wasPromoted: row.promotedAt !== null,
      isFromOutside: row.roundId === null,
      isOfCurrentRound: row.roundId !== null && row.roundId === currentPolicy?.roundId,
      isInActiveRound: active.taken.has(row.id) || (row.roundId !== null && active.rounds.has(row.roundId)),
      figure: row.kind === 'reward' ? accuracyOf(row.metrics) : winRateOf(row),
    };
  });
}

/** Rounds that have not ended, and the policies that they begin from, with the first of each line. */
async function readActive(reader: Reader, projectId: string) {
  const rounds = await reader.round.findMany({
    where: { projectId, state: { in: [...ACTIVE_STATES] } },
    select: { id: true, baseCheckpointId: true },
  });
  const taken = new Set<string>();
  for (const { baseCheckpointId } of rounds) {
    let id: string | null = baseCheckpointId;
    // The whole line: its first is the base, and those between are few.
    while (id !== null && !taken.has(id)) {
      taken.add(id);
      const found: { parentId: string | null } | null = await reader.checkpoint.findUnique({
        where: { id },
        select: { parentId: true },
      });
      id = found?.parentId ?? null;
    }
  }
  return { rounds: new Set(rounds.map(({ id }) => id)), taken };
}

/** A round's win rate is of the last policy that it made. */
function figureOfRound({ config, summary }: { config: unknown; summary: unknown }) {
  const parsed = RoundConfig.safeParse(config);
  return {
    stage: parsed.success ? lastMade(parsed.data.stages, 'policy')?.name : undefined,
    winRate: RoundReport.safeParse(summary).data?.winRate?.value,
  };
}

const Accuracy = z.object({ heldOutAccuracy: z.object({ value: z.number() }) });

function accuracyOf(metrics: unknown): number | null {
  return Accuracy.safeParse(metrics).data?.heldOutAccuracy.value ?? null;
}
