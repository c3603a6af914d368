import { expect, test } from 'vitest';
import { simulationInWords } from './simulation-in-words.ts';

const outputs = { openTasks: 30, openJudgements: 60 };

test('who asks for more judgements than the open tasks want is told before that they will be fewer', () => {
  expect(simulationInWords(outputs, 120)).toContain('30 open tasks want 60 more, so that they stop there.');
  expect(simulationInWords(outputs, 60)).toContain('30 open tasks want 60 more.');
});

test('without an open task it is said where new ones come from', () => {
  expect(simulationInWords({ openTasks: 0, openJudgements: 0 }, 120)).toContain('a round makes new ones');
});
