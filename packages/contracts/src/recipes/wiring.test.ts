import { describe, expect, it } from 'vitest';
import { RoundConfig } from './pipeline.ts';
import { ROUND_PRESETS } from './presets.ts';
import { choicesFor } from './wiring.ts';

/** What is said of a list of stages, as "path: message". */
function faultsOf(stages: unknown): string[] {
  const parsed = RoundConfig.safeParse({ stages });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the stages of a round', () => {
  it.each([
    ['a policy from a reward model alone', [{ recipe: 'reward' }]],
    ['judgements alone', [{ recipe: 'dpo' }]],
    [
      'three of a kind after each other',
      [
        { recipe: 'sft' },
        { recipe: 'reward', from: 'sft' },
        { recipe: 'ppo', policy: 'sft', reference: 'base' },
        { name: 'polish', recipe: 'dpo', policy: 'ppo' },
      ],
    ],
    [
      'two reward models in a mixture',
      [
        { name: 'helpful', recipe: 'reward' },
        { name: 'harmless', recipe: 'reward' },
        {
          recipe: 'ppo',
          reward: [
            { stage: 'helpful', weight: 2 },
            { stage: 'harmless', weight: 1 },
          ],
        },
      ],
    ],
    ['a reward model that only scores the comparison', [{ recipe: 'dpo' }, { recipe: 'reward' }]],
  ])('may be %s', (_what, stages) => {
    expect(faultsOf(stages)).toEqual([]);
  });

  it('are called after their recipe where nobody names them', () => {
    const { stages } = RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'best-of-n' }] });
    expect(stages.map(({ name }) => name)).toEqual(['reward', 'best-of-n']);
  });

  it.each([
    ['none', [], 'stages: A round needs at least one stage.'],
    [
      'too many',
      Array.from({ length: 13 }, (_, i) => ({
        name: `dpo-${i}`,
        recipe: 'dpo',
        policy: i > 0 ? `dpo-${i - 1}` : 'start',
      })),
      'stages: A round has at most 12 stages.',
    ],
    [
      'an unknown recipe',
      [{ recipe: 'magic' }],
      'stages.0.recipe: There is no such recipe. Choose one of: sft, reward, ppo, reinforce, dpo, kto, rso, raft, rest, best-of-n, online.',
    ],
    [
      'a name that is no slug',
      [{ name: 'My stage', recipe: 'dpo' }],
      'stages.0.name: Use lower-case letters, digits and hyphens, beginning with a letter; at most 40.',
    ],
    [
      'a reserved name',
      [{ name: 'queue', recipe: 'dpo' }],
      'stages.0.name: "queue" has a meaning of its own. Give this stage another name.',
    ],
    [
      'a name twice',
      [{ recipe: 'dpo' }, { recipe: 'dpo', policy: 'dpo' }],
      'stages.1.name: Stage 1 is called "dpo" too. Give one of them another name.',
    ],
    [
      'an input that nothing makes',
      [{ recipe: 'reward' }, { recipe: 'ppo', policy: 'sft' }],
      'stages.1.policy: No stage is called "sft". Choose one of: start, base.',
    ],
    [
      'a reward where none was trained',
      [{ recipe: 'ppo' }],
      'stages.0.reward: No stage is called "reward". Put a stage before it that makes one, with the recipe "reward".',
    ],
    [
      'an input that comes later',
      [{ recipe: 'ppo' }, { recipe: 'reward' }],
      'stages.0.reward: "reward" comes later. Move it before this stage. Put a stage before it that makes one, with the recipe "reward".',
    ],
    [
      'itself as input',
      [{ recipe: 'dpo', policy: 'dpo' }],
      'stages.0.policy: A stage cannot take what it makes itself. Choose one of: start, base.',
    ],
    [
      'a reward model as policy',
      [{ recipe: 'reward' }, { recipe: 'ppo', policy: 'reward' }],
      'stages.1.policy: "reward" makes a reward model; a policy is needed here. Choose one of: start, base.',
    ],
    [
      'a policy as reward',
      [{ recipe: 'reward' }, { recipe: 'sft' }, { recipe: 'ppo', policy: 'sft', reward: 'sft' }],
      'stages.2.reward: "sft" makes a policy; a reward model is needed here. Choose one of: reward.',
    ],
    [
      'a given policy as reward',
      [{ recipe: 'reward' }, { recipe: 'ppo', reward: 'start' }],
      'stages.1.reward: "start" is a policy; a reward model is needed here. Choose one of: reward.',
    ],
    [
      'a part of a mixture that nothing makes',
      [{ recipe: 'reward' }, { recipe: 'ppo', reward: [{ stage: 'helpful', weight: 1 }] }],
      'stages.1.reward.0.stage: No stage is called "helpful". Choose one of: reward.',
    ],
    [
      'work that nothing takes',
      [{ recipe: 'sft' }, { recipe: 'dpo' }],
      'stages.0: Nothing takes what "sft" makes. Name it as an input of a later stage, or take the stage out.',
    ],
  ])('are refused with what and how to mend it: %s', (_what, stages, fault) => {
    expect(faultsOf(stages)).toContain(fault);
  });

  it('are faultless in every preset', () => {
    for (const { config } of Object.values(ROUND_PRESETS)) expect(faultsOf(config.stages)).toEqual([]);
  });
});

it('an input may be what is given and what earlier stages make', () => {
  const { stages } = ROUND_PRESETS.instructgpt.config;
  expect(choicesFor(stages, 2, 'policy')).toEqual(['start', 'base', 'sft']);
  expect(choicesFor(stages, 2, 'reward')).toEqual(['reward']);
  expect(choicesFor(stages, 0, 'reward')).toEqual([]);
});
