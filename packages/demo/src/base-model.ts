import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fromRoot = join('packages', 'demo', 'assets', 'base');

/**
 * The folder of the base model. From source this file lies in packages/demo/src; in a bundle it lies anywhere
 * below the repository root: so look upwards, then from the working directory.
 */
function findBaseModelDir(): string {
  for (const start of [dirname(fileURLToPath(import.meta.url)), process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, fromRoot);
      if (existsSync(candidate)) return candidate;
      if (folder === dirname(folder)) break;
    }
  }
  return join(process.cwd(), fromRoot);
}

/** config.json, model.safetensors and tokenizer.json of the small model that the project trained itself. */
export const baseModelDir: string = findBaseModelDir();
