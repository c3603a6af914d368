import { renameSync, writeFileSync } from 'node:fs';

/** Written whole or not at all, readable by the owner alone. */
export function writePrivateJson(target, value) {
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, target);
}
