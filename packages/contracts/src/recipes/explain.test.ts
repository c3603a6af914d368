import { describe, expect, it } from 'vitest';
import { explainRoundIssues, RoundConfig } from '../recipes.ts';

const problemsOf = (config: unknown) => {
  const parsed = RoundConfig.safeParse(config);
  if (parsed.success) throw new Error('The configuration is valid.');
  return explainRoundIssues(config, parsed.error).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('what is wrong with a round', () => {
  it('is said with its place and its limits', () => {
    expect(problemsOf({ outputsPerTask: 1 })).toEqual(['outputsPerTask: Give a whole number from 2 to 16.']);
    const [wrongType] = problemsOf({ stages: [{ recipe: 'dpo', config: { beta: 'much' } }] });
    expect(wrongType).toBe('stages.0.config.beta: Give a number from 0.001 to 10.');
    const [wrongChoice] = problemsOf({ stages: [{ recipe: 'dpo', config: { loss: 'sigmoidal' } }] });
    expect(wrongChoice).toMatch(/^stages\.0\.config\.loss: Choose one of: sigmoid, /);
  });

  it('names the setting that was meant', () => {
    expect(problemsOf({ stages: [{ recipe: 'dpo', config: { learning_rate: 1e-4 } }] })).toEqual([
      'stages.0.config.learning_rate: There is no "learning_rate" here. Did you mean "learningRate"?',
    ]);
    expect(problemsOf({ sampling: { temprature: 1 } })[0]).toContain('There are: maxNewTokens, temperature');
  });

  it('keeps the sentence of a rule that joins several settings or stages', () => {
    const smoothed = { stages: [{ recipe: 'dpo', config: { loss: 'hinge', labelSmoothing: 0.1 } }] };
    expect(problemsOf(smoothed)[0]).toMatch(/^stages\.0\.config\.labelSmoothing: Only /);
    expect(problemsOf({ stages: [{ recipe: 'ppo' }] }).join()).toContain('No stage is called "reward"');
  });

  it('says what belongs where a list, a reward model or a recipe is needed', () => {
    expect(problemsOf({ stages: 'dpo' })).toEqual(['stages: Give a list, each line beginning with "- ".']);
    expect(problemsOf({ stages: [{ recipe: 'magic' }] })[0]).toContain('There is no such recipe');
    const reward = problemsOf({ stages: [{ recipe: 'reward' }, { recipe: 'ppo', reward: { a: 1 } }] });
    const none = problemsOf({ stages: [{ recipe: 'reward' }, { recipe: 'ppo', reward: '' }] });
    expect(none[0]).toBe(
      'stages.1.reward: Choose a stage that makes a reward model; put one before this stage if there is none.',
    );
    expect(reward[0]).toContain('stages.1.reward: Give the name of a stage that makes a reward model');
  });
});
