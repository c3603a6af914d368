export { addPolicyCheckpoint, createPolicyIn } from './add-policy-checkpoint.ts';
export {
  findCheckpointDamage,
  newCheckpointFolder,
  storeCheckpoint,
  type StoredCheckpoint,
} from './checkpoint-files.ts';
export { exportCheckpoint } from './export-checkpoint.ts';
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
