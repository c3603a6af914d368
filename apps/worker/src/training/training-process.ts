import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import {
  FromChild,
  type Beginning,
  type EngineReport,
  type LiveSample,
  type ProgressSettings,
  type ToChild,
  type TrainingCommand,
} from './messages.ts';

/** The training process is gone: killed, out of memory, crashed. Nothing says that a second try would fail too. */
export class TrainingLostError extends Error {
  override readonly name = 'TrainingLostError';
}

/** The learning part refused or failed; a second try would do the same. */
export class TrainingFailedError extends Error {
  override readonly name = 'TrainingFailedError';
  readonly code: 'diverged' | 'error';
  constructor(code: 'diverged' | 'error', message: string, stack?: string) {
    super(message);
    this.code = code;
    if (stack !== undefined) this.stack = stack;
  }
}

export interface TrainingListeners {
  onMetrics?: (step: number, totalSteps: number, values: Record<string, number>) => void;
  onSamples?: (step: number, samples: LiveSample[]) => void;
  /** All that is drawn so far. */
  onText?: (text: string, tokens: number) => void;
  /** Where the training saves what it needs to go on after a kill; nowhere when absent. */
  progress?: ProgressSettings;
  /** Before anything else, where there was something to go on from. */
  onBegun?: (beginning: Beginning) => void;
  /** A folder that holds all there is to know after a step. */
  onSaved?: (step: number, folder: string) => void;
  onUnsaved?: (reason: string) => void;
}

export interface TrainingProcess {
  readonly pid: number;
  readonly engine: EngineReport;
  /** One command at a time. @throws TrainingLostError, TrainingFailedError */
  run<T>(command: TrainingCommand, result: z.ZodType<T>, listeners?: TrainingListeners): Promise<T>;
  /** Asks it to end by closing the channel, and kills it if it has not after the grace. Resolves when it is gone. */
  stop(): Promise<void>;
}

export const STOP_GRACE_MS = 1500;

/** Loading the largest engine on a busy machine takes a fraction of it. */
const READY_LIMIT_MS = 120_000;

const STDERR_KEPT = 4000;

interface Pending {
  id: number;
  listeners: TrainingListeners;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

interface StartOptions {
  /** Ends a process that is not ready yet. */
  signal?: AbortSignal;
  modelWidth?: number | null;
  readyLimitMs?: number;
  /** Hears what people should know although the work goes on. */
  onNotice?: (sentence: string) => void;
}

/** @throws TrainingLostError when it ends, is told to or the time is up before it is ready, TrainingFailedError when it has no engine to compute with */
export async function startTrainingProcess({
  signal,
  modelWidth = null,
  readyLimitMs = READY_LIMIT_MS,
  onNotice = () => undefined,
}: StartOptions = {}): Promise<TrainingProcess> {
  const child = forkChild(modelWidth === null ? [] : [String(modelWidth)]);
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-STDERR_KEPT);
  });
  child.stdout?.resume();

  let pending: Pending | null = null;
  let lost: TrainingLostError | null = null;
  let nextId = 1;
  let onReady: (engine: EngineReport) => void = () => undefined;
  let onNeverReady: (error: Error) => void = () => undefined;
  const ready = new Promise<EngineReport>((resolve, reject) => {
    onReady = resolve;
    onNeverReady = reject;
  });
  const exited = new Promise<void>((resolve) => {
    const onEnd = (how: string) => {
      lost ??= new TrainingLostError(`The training process ended unexpectedly (${how})`, {
        cause: lastWords || undefined,
      });
      onNeverReady(lost);
      pending?.reject(lost);
      pending = null;
      resolve();
    };
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code ?? 'unknown'}`));
    child.once('error', (error) => onEnd(error.message));
  });

  child.on('message', (raw) => {
    const message = FromChild.parse(raw);
    switch (message.type) {
      case 'ready':
        onReady(message.engine);
        return;
      case 'unfit':
        onNeverReady(new TrainingFailedError('error', message.message));
        return;
      case 'metrics':
        pending?.listeners.onMetrics?.(message.step, message.totalSteps, message.values);
        return;
      case 'samples':
        pending?.listeners.onSamples?.(message.step, message.samples);
        return;
      case 'begun':
        pending?.listeners.onBegun?.(message);
        return;
      case 'saved':
        pending?.listeners.onSaved?.(message.step, message.folder);
        return;
      case 'unsaved':
        pending?.listeners.onUnsaved?.(message.reason);
        return;
      case 'text':
        pending?.listeners.onText?.(message.text, message.tokens);
        return;
      case 'notice':
        onNotice(message.sentence);
        return;
      case 'done':
        if (pending?.id !== message.id) return;
        pending.resolve(message.result);
        pending = null;
        return;
      case 'failed':
        if (pending?.id !== message.id) return;
        pending.reject(new TrainingFailedError(message.code, message.message, message.stack));
        pending = null;
    }
  });

  const limit = setTimeout(() => {
    lost ??= new TrainingLostError(
      `The training process was not ready to compute within ${readyLimitMs / 1000} seconds`,
      { cause: lastWords || undefined },
    );
    child.kill('SIGKILL');
  }, readyLimitMs);
  const giveUp = () => child.kill('SIGKILL');
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const engine = await ready.finally(() => {
    clearTimeout(limit);
    signal?.removeEventListener('abort', giveUp);
  });
  return {
    pid: child.pid ?? 0,
    engine,
    async run(command, result, listeners = {}) {
      if (lost) throw lost;
      if (pending) throw new Error('The training process is busy.');
      const raw = await new Promise<unknown>((resolve, reject) => {
        pending = { id: nextId++, listeners, resolve, reject };
        const { progress = null } = listeners;
        child.send({ type: 'run', id: pending.id, command, progress } satisfies ToChild);
      });
      return result.parse(raw);
    },
    async stop() {
      if (child.connected) child.disconnect();
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** What the process itself and the engine inside it look at. */
const KEPT_VARIABLES = [
  // Node's own options hold the limit of its memory.
  ...['PATH', 'HOME', 'TMPDIR', 'LANG', 'XDG_CACHE_HOME', 'NODE_OPTIONS'],
  ...['RANKLOOP_ENGINE', 'RANKLOOP_ENGINE_DIR', 'RANKLOOP_TRAINING_PRIORITY'],
  ...['TF_ENABLE_ONEDNN_OPTS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'],
  ...['CUDA_VISIBLE_DEVICES', 'LD_LIBRARY_PATH', 'TF_FORCE_GPU_ALLOW_GROWTH'],
];

/** From source through tsx, from a bundle as a file of its own. It gets nothing of the worker's environment but this. */
function forkChild(args: string[]): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(isSource ? './training.child.ts' : './training/training.child.js', import.meta.url);
  return fork(fileURLToPath(entry), args, {
    execArgv: isSource ? ['--import', 'tsx'] : [],
    env: Object.fromEntries(
      KEPT_VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    ),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
