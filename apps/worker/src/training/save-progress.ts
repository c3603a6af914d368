// The training process's side of going on after a kill: what a training saves on its way, and what it was made with.

import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOrigin, readSavedState, writeSavedState, type Origin, type Progress } from '@rankloop/rl';
import type { TrainingCommand } from './commands.ts';
import type { FromChild, ProgressSettings } from './messages.ts';

/** Of a training's time, saving takes no more than one part in so many. */
const WORK_PER_SAVE = 50;

interface SaveProgressOptions {
  settings: ProgressSettings;
  command: TrainingCommand;
  engine: { name: string; threads: number };
  say: (message: FromChild) => void;
}

/** Saves from time to time, and says where; the worker gives the folder its name. */
export function saveProgress(options: SaveProgressOptions): Progress {
  const { settings, say } = options;
  const { goOnFrom, everyMs } = settings;
  const origin = originOf(options);
  let refused: string | null = null;
  let differences: string[] = [];
  let lastEnd = performance.now();
  let pauseMs = everyMs;
  return {
    async find() {
      if (goOnFrom === null) return null;
      try {
        const saved = await readOrigin(goOnFrom);
        differences = differencesBetween(saved, origin);
        if (saved['work'] === origin['work']) return await readSavedState(goOnFrom);
        refused = 'It was saved with other settings or other data.';
      } catch (error) {
        refused = reasonOf(error);
      }
      return null;
    },
    begin(step, refusal) {
      if (goOnFrom !== null) say({ type: 'begun', step, refusal: refusal ?? refused, differences });
    },
    isDue: () => performance.now() - lastEnd >= pauseMs,
    async save(state) {
      const start = performance.now();
      const folder = join(settings.folder, randomUUID());
      try {
        await writeSavedState(folder, state, origin);
        say({ type: 'saved', step: state.step, folder });
      } catch (error) {
        // A full disk ends no training that does not need it yet.
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
        say({ type: 'unsaved', reason: reasonOf(error) });
      }
      lastEnd = performance.now();
      if (everyMs > 0) pauseMs = Math.max(everyMs, WORK_PER_SAVE * (lastEnd - start));
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a state has to agree in to be gone on from bit for bit, in words; `work` it has to agree in to be used at all. */
function originOf({ command, engine }: SaveProgressOptions): Origin {
  return {
    work: hashOf(JSON.stringify({ ...command, outDir: null })),
    engine: engine.name,
    'number of threads': String(engine.threads),
    'oneDNN setting': process.env['TF_ENABLE_ONEDNN_OPTS'] ?? '',
    machine: `${arch()} ${cpus()[0]?.model ?? ''}`,
    'version of Node.js': process.version,
    build: hashOfCode(),
  };
}

function differencesBetween(saved: Origin, now: Origin): string[] {
  return Object.keys(now).filter((name) => name !== 'work' && saved[name] !== now[name]);
}

/** From a bundle the file that this is in; from source the whole learning part. */
function hashOfCode(): string {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith('.ts')) return hashOf(readFileSync(here));
  const folder = dirname(fileURLToPath(import.meta.resolve('@rankloop/rl')));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).sort();
  return hashOf(sources.map((file) => hashOf(readFileSync(join(folder, file)))).join());
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
