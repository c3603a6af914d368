export { getAutoRounds } from './get-auto-rounds.ts';
export { dueAutoRounds, startDueAutoRounds } from './start-due-auto-rounds.ts';
export { updateAutoRounds } from './update-auto-rounds.ts';
