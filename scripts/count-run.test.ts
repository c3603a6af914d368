import { expect, test } from 'vitest';
import { countRun } from './count-run.mjs';

const file = (name: string, ...statuses: string[]) => ({
  name,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status, index) => ({ status, fullName: `case ${index + 1}` })),
});

test('tests are counted over all files, and a skipped one is neither passed nor failed', () => {
  const report = { testResults: [file('a', 'passed', 'passed', 'skipped'), file('b', 'passed')] };
  expect(countRun({ checks: '0 tests\n0 lint\n', report })).toEqual({ passed: 3, failures: [] });
});

test('a failing test is counted once, although the test step failed with it', () => {
  const report = { testResults: [file('a', 'passed', 'failed')] };
  expect(countRun({ checks: '1 tests\n', report })).toEqual({ passed: 1, failures: ['test a: case 2'] });
});

test('a test file that did not load is a failure', () => {
  const report = { testResults: [file('a', 'passed'), { ...file('b'), status: 'failed' }] };
  expect(countRun({ checks: '1 tests\n', report }).failures).toEqual(['test file b: did not run']);
});

test('each failing check is a failure by its name', () => {
  const report = { testResults: [file('a', 'passed')] };
  const { failures } = countRun({ checks: '0 tests\n2 dead code\n124 lint\n', report });
  expect(failures).toEqual(['check dead code: ended with status 2', 'check lint: ended with status 124']);
});

test('a test run that ended badly without a failing test, or wrote no report, does not pass', () => {
  const report = { testResults: [file('a', 'passed')] };
  expect(countRun({ checks: '1 tests\n', report }).failures).toEqual(['check tests: ended with status 1']);
  expect(countRun({ checks: '1 packages\n', report: null }).failures).toHaveLength(1);
  expect(countRun({ checks: '', report: null }).failures).toEqual(['no test ran']);
  expect(countRun({ checks: '0 tests\n0 lint\n', report: null }).failures).toEqual([
    'check tests: ended well, but wrote no report',
  ]);
});
