import type { RoundConfig, RoundEstimate } from '@rankloop/contracts';
import { cancelRound, checkRound, requestSimulation, startRound } from '@rankloop/core';
import type { Round } from '@rankloop/db';
import { eventually } from '@rankloop/testkit';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BenchServer } from '../labeling/server.ts';

const JUDGEMENTS = 400;
const LONG_MS = 15 * 60_000;
const END_STATES: readonly string[] = ['succeeded', 'failed', 'cancelled'];
const app = (name: string) => path.resolve('apps', name, 'dist/main.js');

export interface DemoRounds {
  /** One round from its start to its end, the demo's unless told otherwise. @throws Error when it does not succeed */
  run(config?: RoundConfig): Promise<{ seconds: number }>;
  /** What the page says before such a round is started. */
  estimate(config: RoundConfig): Promise<RoundEstimate | null>;
  /** Resolves when the worker has measured the machine. */
  measured(): Promise<void>;
  /** A round that trains. */
  begin(): Promise<{ cancel: () => Promise<void> }>;
  close(): Promise<void>;
}

/** The demo project with judgements of simulated labelers, and the worker in its production build. */
export async function runRounds(server: BenchServer, { judgements = JUDGEMENTS } = {}): Promise<DemoRounds> {
  const { prisma } = server.db;
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    RANKLOOP_ENGINE: process.env['RANKLOOP_ENGINE'],
    RANKLOOP_TRAINING_PRIORITY: process.env['RANKLOOP_TRAINING_PRIORITY'],
    NODE_ENV: 'production',
    DATABASE_URL: server.url,
    RANKLOOP_DATA_DIR: server.dataDir,
    RANKLOOP_DEMO: '1',
    API_ORIGIN: server.origin,
    LOG_LEVEL: 'warn',
  };
  await promisify(execFile)(process.execPath, [app('cli'), 'demo', 'seed'], { env });
  const { id: projectId } = await prisma.project.findFirstOrThrow({ where: { isDemo: true } });
  const { userId } = await prisma.membership.findFirstOrThrow({ where: { projectId, role: 'admin' } });
  const actor = { userId };
  const worker = spawn(process.execPath, [app('worker')], { env, stdio: ['ignore', 2, 2] });

  await requestSimulation({ db: server.db, actor, projectId, judgements });
  const judged = () => prisma.judgement.count({ where: { projectId } });
  await eventually(async () => (await judged()) >= judgements, {
    timeoutMs: LONG_MS,
    what: 'the judgements',
  });

  const start = (config?: RoundConfig) => startRound({ prisma, projectId, actor, ...(config && { config }) });
  const wait = (id: string, isReached: (round: Round) => boolean) =>
    eventually(
      async () => {
        const round = await prisma.round.findUniqueOrThrow({ where: { id } });
        return isReached(round) ? round : undefined;
      },
      { timeoutMs: LONG_MS, intervalMs: 100, what: 'the round' },
    );
  const isEnded = ({ state }: Round) => END_STATES.includes(state);
  return {
    run: async (config) => {
      const begun = performance.now();
      const { id } = await start(config);
      const { state, reason } = await wait(id, isEnded);
      if (state !== 'succeeded') throw new Error(`The round ${state}: ${reason ?? ''}`);
      return { seconds: (performance.now() - begun) / 1000 };
    },
    estimate: async (config) => (await checkRound({ prisma, projectId, config })).estimate,
    measured: async () => {
      await eventually(async () => (await prisma.engineSpeed.count()) > 0, {
        timeoutMs: LONG_MS,
        what: 'the measured speed of the machine',
      });
    },
    begin: async () => {
      const { id: roundId } = await start();
      await eventually(async () => (await prisma.metric.count({ where: { roundId } })) > 0, {
        timeoutMs: LONG_MS,
        what: 'the first step',
      });
      return {
        cancel: async () => {
          await cancelRound({ prisma, projectId, roundId, actor });
          await wait(roundId, isEnded);
        },
      };
    },
    close: async () => {
      const ended = once(worker, 'exit');
      worker.kill('SIGTERM');
      await ended;
    },
  };
}
