export { cancelPlaygroundRun } from './cancel-playground-run.ts';
export { getPlaygroundRun } from './get-playground-run.ts';
export { PlaygroundRequest } from './playground-rows.ts';
export { startPlaygroundRun } from './start-playground-run.ts';
