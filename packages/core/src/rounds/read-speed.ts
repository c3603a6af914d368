import { RoundConfig } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { z } from 'zod';
import type { Assessment } from './assess-judgements.ts';
import { lengthsOf, type MachineSpeed, type MeasuredPart, type Setup } from './estimate-round.ts';
import { partsOf, type RoundTexts } from './round-work.ts';

const ROUNDS = 40;
const Engine = z.object({ name: z.string(), threads: z.number() });
const Manifest = z.record(z.string(), z.object({ bytes: z.number() }));

export interface Speed {
  texts: RoundTexts;
  setup: Setup;
  speed: MachineSpeed | null;
  measured: MeasuredPart[];
}

/**
 * What a round would run on, and how long the parts of earlier rounds took. Rounds of all projects count: they ran on the
 * same machines. Those that were interrupted do not.
 */
export async function readSpeed(
  prisma: PrismaClient,
  checkpointId: string | null,
  assessment: Assessment,
): Promise<Speed> {
  const [worker, checkpoint, rounds] = await Promise.all([
    prisma.workerProcess.findFirst({ orderBy: { seenAt: 'desc' } }),
    checkpointId === null ? null : prisma.checkpoint.findUnique({ where: { id: checkpointId } }),
    prisma.round.findMany({
      where: { state: 'succeeded', attempt: 1 },
      orderBy: { endedAt: 'desc' },
      take: ROUNDS,
      select: {
        id: true,
        config: true,
        engine: true,
        startedAt: true,
        stages: { orderBy: { position: 'asc' } },
        snapshot: { select: { judgementCount: true } },
        baseCheckpoint: { select: { manifest: true } },
      },
    }),
  ]);
  const setup = { engine: engineInWords(worker?.engine), modelBytes: bytesOf(checkpoint?.manifest) };
  const speed = await findSpeed(prisma, worker?.hostname, setup);
  const measured = rounds.flatMap((round) => {
    const { id: roundId, engine, startedAt, stages, snapshot, baseCheckpoint } = round;
    const parsed = RoundConfig.safeParse(round.config);
    if (!parsed.success || startedAt === null) return [];
    const texts = textsOf(assessment, snapshot?.judgementCount ?? 0);
    const parts = partsOf(parsed.data, texts, lengthsOf(speed));
    const of = { engine: engineInWords(engine), modelBytes: bytesOf(baseCheckpoint.manifest), roundId };
    const spans = [
      { from: startedAt, to: stages[0]?.startedAt },
      ...stages.map((stage) => ({ from: stage.startedAt, to: stage.endedAt })),
    ];
    // Rounds of an older shape.
    if (spans.length !== parts.length) return [];
    return parts.flatMap((part, i) => {
      const span = spans[i];
      if (!span?.from || !span.to) return [];
      return [{ ...part, ...of, seconds: (span.to.getTime() - span.from.getTime()) / 1000 }];
    });
  });
  return { texts: textsOf(assessment, assessment.judgements), setup, speed, measured };
}

/** What so many judgements give to learn from, taken to be like those of now. */
function textsOf(
  { judgements: all, outputs, usablePairs, targets }: Assessment,
  judgements: number,
): RoundTexts {
  const share = all === 0 ? 0 : judgements / all;
  const { demonstration, correction } = targets;
  return {
    judgements,
    outputs: share * outputs,
    pairs: share * usablePairs,
    targets: share * (demonstration + correction),
  };
}

/** Of a model that is as large as this one, within a tenth. */
async function findSpeed(
  prisma: PrismaClient,
  hostname: string | undefined,
  { engine, modelBytes }: Setup,
): Promise<MachineSpeed | null> {
  if (hostname === undefined) return null;
  return prisma.engineSpeed.findFirst({
    where: { hostname, engine, modelBytes: sizesLike(modelBytes) },
    orderBy: { measuredAt: 'desc' },
  });
}

/** Sizes of models that are taken to cost the same. */
export function sizesLike(modelBytes: number): { gte: bigint; lte: bigint } {
  return { gte: BigInt(Math.floor(modelBytes * 0.9)), lte: BigInt(Math.ceil(modelBytes * 1.1)) };
}

/** As rounds and speeds are told apart by it: name and threads. */
export function engineInWords(engine: unknown): string {
  const parsed = Engine.safeParse(engine);
  return parsed.success ? `${parsed.data.name} ${parsed.data.threads}` : 'unknown';
}

export function bytesOf(manifest: unknown): number {
  const parsed = Manifest.safeParse(manifest);
  return parsed.success ? Object.values(parsed.data).reduce((sum, { bytes }) => sum + bytes, 0) : 0;
}
