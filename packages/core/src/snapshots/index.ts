export { createSnapshot, type CreateSnapshotOptions } from './create-snapshot.ts';
export { listSnapshots, viewSnapshot } from './list-snapshots.ts';
export { countPairs, preferencesOf, type Preferences } from './preferences-of.ts';
export { readSnapshot, SnapshotChangedError, type SnapshotLine } from './read-snapshot.ts';
export { renderPrompt } from './render-prompt.ts';
