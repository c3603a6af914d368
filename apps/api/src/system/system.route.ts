import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';
import { VERSION } from '../version.ts';
import { getSystem } from './get-system.ts';

export function registerSystem(mount: Mount, deps: FeatureDeps): void {
  mount('getSystem', () => getSystem(deps));
  mount('getVersion', async () => ({ version: VERSION, demo: deps.config.isDemo }));
}
