/** The stations of a round in order, with their usual share of its time. */
export const STAGES = [
  { name: 'snapshot', share: 0.02 },
  { name: 'reward', share: 0.2 },
  { name: 'ppo', share: 0.6 },
  { name: 'sample', share: 0.1 },
  { name: 'queue', share: 0.08 },
] as const;

export type StageName = (typeof STAGES)[number]['name'];

export const ACTIVE_STATES = ['queued', 'running', 'cancelling'] as const;
