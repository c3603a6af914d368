export { createSnapshot, type CreateSnapshotOptions } from './create-snapshot.ts';
export { findDrawnOutputs, type DrawnOutput } from './drawn-outputs.ts';
export { listSnapshots, viewSnapshot } from './list-snapshots.ts';
export { marksOf, thumbsOf, type Mark } from './marks-of.ts';
export { countPairs, preferencesOf, type Preferences } from './preferences-of.ts';
export { readForms } from './read-forms.ts';
export { readSnapshot, SnapshotChangedError, type SnapshotLine } from './read-snapshot.ts';
export { renderPrompt } from './render-prompt.ts';
export { targetsOf, type Target, type TargetSource } from './targets-of.ts';
