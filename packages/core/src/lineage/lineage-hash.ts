import { createHash } from 'node:crypto';
import { canonicalJson } from '../labeling/index.ts';

export interface Origin {
  kind: string;
  /** Of the round, that made it. */
  stage: string | null;
  manifestHash: string;
  /** Of the round's data. */
  snapshotHash: string | null;
  /** The round's stages and settings as they are stored. */
  config: unknown;
  /** `linkOf` each checkpoint that it was made of, in any order. */
  sources: readonly string[];
}

/**
 * SHA-256 over what a checkpoint is and what it was made of. Because the hash of each source goes in, nothing in the
 * whole line behind it can be exchanged without its hash being another.
 */
export function hashOrigin({ sources, ...origin }: Origin): string {
  const canonical = canonicalJson({ ...origin, sources: [...sources].sort() });
  return createHash('sha256').update('rankloop lineage 1\n').update(canonical).digest('hex');
}

/** What stands for a checkpoint in the hash of those that were made of it. */
export function linkOf(checkpoint: { manifestHash: string; lineageHash: string | null }): string {
  return checkpoint.lineageHash ?? checkpoint.manifestHash;
}
