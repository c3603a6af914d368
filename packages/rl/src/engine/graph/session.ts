// A TensorFlow session over one graph, through the addon's SavedModel calls.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddonTensor, Binding, NativeBackend } from './addon.ts';
import type { GraphNode } from './graph-def.ts';
import { encodeSavedModel } from './saved-model.ts';

export class Session {
  readonly #binding: Binding;
  #id: number | null;

  /** Loads the graph; its variables have no values yet. */
  constructor({ binding, isGPUPackage }: NativeBackend, nodes: readonly GraphNode[]) {
    this.#binding = binding;
    const dir = mkdtempSync(join(tmpdir(), 'rankloop-graph-'));
    try {
      // The loader looks for this folder even where nothing is to be restored.
      mkdirSync(join(dir, 'variables'));
      writeFileSync(join(dir, 'saved_model.pb'), encodeSavedModel(isGPUPackage ? 'gpu' : 'native', nodes));
      this.#id = binding.loadSavedModel(dir, 'serve');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  /** Feeds handles by name and returns new handles, which are the caller's to delete. */
  run(feeds: readonly (readonly [name: string, id: number])[], fetches: readonly string[]): AddonTensor[] {
    if (this.#id === null) throw new Error('The session is closed.');
    return this.#binding.runSavedModel(
      this.#id,
      feeds.map(([, id]) => id),
      feeds.map(([name]) => name).join(),
      fetches.join(),
    );
  }

  /** Frees the graph and its variables; closing again does nothing. */
  close(): void {
    if (this.#id === null) return;
    this.#binding.deleteSavedModel(this.#id);
    this.#id = null;
  }
}
