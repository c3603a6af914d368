export { addPolicyCheckpoint, createPolicyIn } from './add-policy-checkpoint.ts';
export {
  findCheckpointDamage,
  newCheckpointFolder,
  storeCheckpoint,
  type StoredCheckpoint,
} from './checkpoint-files.ts';
export { exportCheckpoint } from './export-checkpoint.ts';
export { findCheckpoint } from './find-checkpoint.ts';
export { getCheckpoint } from './get-checkpoint.ts';
export { getCheckpointStorage } from './get-checkpoint-storage.ts';
export { holdPolicy, refusePruned } from './hold-checkpoint.ts';
export { packCheckpoint, type PackedFile } from './pack-checkpoint.ts';
export { pruneByThemselves, pruneCheckpoints } from './prune-checkpoints.ts';
export { shareFile } from './shared-files.ts';
export { updateRetention } from './update-retention.ts';
export { findDamage, findWholePolicy, type WholePolicy } from './find-whole-policy.ts';
export { readModelWidth } from './read-model-width.ts';
export { storeModelFolder } from './store-model-folder.ts';
export { CheckpointManifest } from './checkpoint-view.ts';
export { listCheckpoints } from './list-checkpoints.ts';
export { promoteCheckpoint } from './promote-checkpoint.ts';
export {
  findRootPolicy,
  findRoundCheckpoint,
  recordCheckpoint,
  sweepCheckpoints,
} from './record-checkpoint.ts';
