import { RoundConfig } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { z } from 'zod';
import { partsOf, type MeasuredPart, type Setup } from './estimate-round.ts';

const ROUNDS = 40;
const Engine = z.object({ name: z.string(), threads: z.number() });
const Manifest = z.record(z.string(), z.object({ bytes: z.number() }));

export interface Speed {
  setup: Setup;
  measured: MeasuredPart[];
}

/**
 * What a round would run on, and how long the parts of earlier rounds took. Rounds of all projects count: they ran on the
 * same machines. Those that were interrupted do not.
 */
export async function readSpeed(prisma: PrismaClient, checkpointId: string | null): Promise<Speed> {
  const [worker, checkpoint, rounds] = await Promise.all([
    prisma.workerProcess.findFirst({ orderBy: { seenAt: 'desc' } }),
    checkpointId === null ? null : prisma.checkpoint.findUnique({ where: { id: checkpointId } }),
    prisma.round.findMany({
      where: { state: 'succeeded', attempt: 1 },
      orderBy: { endedAt: 'desc' },
      take: ROUNDS,
      select: {
        config: true,
        engine: true,
        startedAt: true,
        stages: { orderBy: { position: 'asc' } },
        snapshot: { select: { judgementCount: true } },
        baseCheckpoint: { select: { manifest: true } },
      },
    }),
  ]);
  const measured = rounds.flatMap(({ config, engine, startedAt, stages, snapshot, baseCheckpoint }) => {
    const parsed = RoundConfig.safeParse(config);
    if (!parsed.success || startedAt === null) return [];
    const parts = partsOf(parsed.data, snapshot?.judgementCount ?? 0);
    const setup = { engine: nameOf(engine), modelBytes: bytesOf(baseCheckpoint.manifest) };
    const spans = [
      { from: startedAt, to: stages[0]?.startedAt },
      ...stages.map((stage) => ({ from: stage.startedAt, to: stage.endedAt })),
    ];
    // Rounds of an older shape.
    if (spans.length !== parts.length) return [];
    return parts.flatMap((part, i) => {
      const span = spans[i];
      if (!span?.from || !span.to) return [];
      return [{ ...part, ...setup, seconds: (span.to.getTime() - span.from.getTime()) / 1000 }];
    });
  });
  return { setup: { engine: nameOf(worker?.engine), modelBytes: bytesOf(checkpoint?.manifest) }, measured };
}

function nameOf(engine: unknown): string {
  const parsed = Engine.safeParse(engine);
  return parsed.success ? `${parsed.data.name} ${parsed.data.threads}` : 'unknown';
}

function bytesOf(manifest: unknown): number {
  const parsed = Manifest.safeParse(manifest);
  return parsed.success ? Object.values(parsed.data).reduce((sum, { bytes }) => sum + bytes, 0) : 0;
}
