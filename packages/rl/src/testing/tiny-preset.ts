import { ROUND_PRESETS } from '@rankloop/contracts';

/** The tiny preset with the settings of its two stages, a reward model and PPO. */
export function tinyPreset() {
  const { stages, ...round } = ROUND_PRESETS.tiny.config;
  const reward = stages.flatMap((stage) => (stage.recipe === 'reward' ? [stage.config] : []))[0];
  const ppo = stages.flatMap((stage) => (stage.recipe === 'ppo' ? [stage.config] : []))[0];
  if (reward === undefined || ppo === undefined)
    throw new Error('The tiny preset has a reward model and PPO.');
  return { ...round, reward, ppo };
}
