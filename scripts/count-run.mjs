// Adds up the tests and the checks of a run, names what failed, and prints "N passed, N failed" last.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {{ status: string, fullName: string }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} TestFile
 */

/**
 * Counts a run. A test file that did not load, a check that failed and a test run that ended badly without naming
 * a failed test each count as one failed test; a check that held is not a passed test.
 * @param {{ checks: string, report: { testResults: TestFile[] } | null }} run
 * @returns {{ passed: number, failures: string[] }}
 */
export function countRun({ checks, report }) {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map(({ file, fullName }) => `test ${file}: ${fullName}`);

  for (const file of files) {
    const explained = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !explained) failures.push(`test file ${file.name}: did not run`);
  }
  const failedTests = failures.length;

  for (const line of checks.split('\n').filter(Boolean)) {
    const [status = '', ...words] = line.split(' ');
    const name = words.join(' ');
    if (status === '0' && name === 'tests' && report === null)
      failures.push('check tests: ended well, but wrote no report');
    if (status === '0' || (name === 'tests' && failedTests > 0)) continue;
    failures.push(`check ${name}: ended with status ${status}`);
  }
  if (passed === 0 && failures.length === 0) failures.push('no test ran');
  return { passed, failures };
}

/** Null where there is none, or where the run was ended while it wrote. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function main() {
  const [, , checksFile = '', reportFile = ''] = process.argv;
  const report = readReport(reportFile);
  const { passed, failures } = countRun({ checks: readFileSync(checksFile, 'utf8'), report });
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
