import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Looks without importing, which takes seconds; where a parent is missing it fails by itself. */
const FIND = 'import sys; from importlib.util import find_spec; sys.exit(find_spec(sys.argv[1]) is None)';

/** A module of Python that a rival needs. PPO is in TRL 1.12 and before only. */
export type PythonModule = 'torch' | 'transformers' | 'trl' | 'trl.experimental.ppo';

/**
 * Finds for each module a Python that has it: PYTHON_WITH_TORCH, else python3; null where neither has it. What was
 * found is remembered.
 */
export function pythonFinder(): (module: PythonModule) => Promise<string | null> {
  const found = new Map<PythonModule, Promise<string | null>>();
  return (module) => {
    const known = found.get(module) ?? findPythonWith(module);
    found.set(module, known);
    return known;
  };
}

async function findPythonWith(module: PythonModule): Promise<string | null> {
  for (const python of [process.env['PYTHON_WITH_TORCH'], 'python3']) {
    if (!python) continue;
    try {
      await run(python, ['-c', FIND, module]);
      return python;
    } catch {
      // Not there, or without the module.
    }
  }
  return null;
}
