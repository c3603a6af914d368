// Where the set-up (`npm run engine`) leaves a TensorFlow addon, and what it says where it could leave none.
//
// The addon is no dependency of this package: its install script needs hosts that not everybody reaches, and an engine
// is an addition, never a requirement. It lies in a cache of the user's own, shared by all checkouts.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isBeingPrepared } from './preparation.ts';
import recipe from './recipe.json' with { type: 'json' };

/** `gpu` computes on an NVIDIA card, `native` on the processor. One process holds at most one of them. */
export type NativeKind = 'native' | 'gpu';

type Env = Readonly<Record<string, string | undefined>>;

export interface NativeInstall {
  readonly kind: NativeKind;
  /** The folder of `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
  readonly packageFolder: string;
  /** The compiled addon. */
  readonly addonFile: string;
}

/** Either an addon, or one sentence about why there is none. */
export type Located = { readonly install: NativeInstall } | { readonly missing: string };

/** Written last by the set-up, after the addon has passed its test. */
const Manifest = z.object({
  package: z.string(),
  addon: z.string(),
  /** Sizes in bytes of what must be whole, by path inside the folder. */
  files: z.record(z.string(), z.number().int().nonnegative()),
});

const Refusal = z.object({ why: z.string().min(1) });

/** All engines of this user: RANKLOOP_ENGINE_DIR, else a folder of the user's cache. */
export function engineRoot(env: Env = process.env): string {
  if (env['RANKLOOP_ENGINE_DIR']) return env['RANKLOOP_ENGINE_DIR'];
  const cache = env['XDG_CACHE_HOME'] ? env['XDG_CACHE_HOME'] : join(homedir(), '.cache');
  return join(cache, 'rankloop', 'engine');
}

/** A folder per version and system: an engine of another release is never mistaken for this one's. */
export function engineFolder(kind: NativeKind, env: Env = process.env): string {
  const { tfjsNode, tensorflow, revision } = recipe;
  const system = `${process.platform}-${process.arch}`;
  return join(
    engineRoot(env),
    `${kind}-tfjs-${tfjsNode}-tensorflow-${tensorflow}-r${String(revision)}-${system}`,
  );
}

/** Looks into the cache, then for the package itself beside ours, where somebody has installed it by hand. */
export function locateNative(kind: NativeKind, env: Env = process.env): Located {
  const cached = locateInCache(kind, env);
  if ('install' in cached) return cached;
  const peer = locatePeer(kind);
  return peer === null ? cached : { install: peer };
}

function locateInCache(kind: NativeKind, env: Env): Located {
  const folder = engineFolder(kind, env);
  const manifest = readJson(join(folder, 'engine.json'), Manifest);
  if (manifest === null) return { missing: explainAbsence(kind, folder) };
  const damaged = Object.entries(manifest.files).find(([file, size]) => sizeOf(join(folder, file)) !== size);
  if (damaged !== undefined) {
    return { missing: `its file ${damaged[0]} in ${folder} is damaged. Run: ${commandFor(kind)}` };
  }
  const packageFolder = join(folder, manifest.package);
  return { install: { kind, packageFolder, addonFile: join(packageFolder, manifest.addon) } };
}

function explainAbsence(kind: NativeKind, folder: string): string {
  if (isBeingPrepared(folder)) return 'it is being prepared at this moment.';
  const refusal = readJson(`${folder}.refused.json`, Refusal);
  if (refusal !== null) return refusal.why;
  if (kind === 'gpu' && !hasNvidiaDriver()) return 'no NVIDIA driver was found.';
  return `it is not set up. Run: ${commandFor(kind)}`;
}

function commandFor(kind: NativeKind): string {
  return kind === 'gpu' ? 'npm run engine -- gpu' : 'npm run engine';
}

/** On Linux, the only system with CUDA builds of TensorFlow, the driver shows itself as files. */
function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl');
}

function locatePeer(kind: NativeKind): NativeInstall | null {
  const name = kind === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  try {
    const packageFolder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const addonFile = [9, 8, 7, 6]
      .map((version) => join(packageFolder, 'lib', `napi-v${String(version)}`, 'tfjs_binding.node'))
      .find((file) => existsSync(file));
    return addonFile === undefined ? null : { kind, packageFolder, addonFile };
  } catch {
    // Not installed, as on most machines.
    return null;
  }
}

function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null;
}

/** Null for a file that is absent, half written or of another form. */
function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
