// Owns: that the count at the end of CI is honest.

import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script, without types
import { count } from '../../.ci/count.mjs';

const file = (name: string, status: string, ...tests: string[]) => ({
  name,
  status,
  message: 'Cannot load it\nmore',
  assertionResults: tests.map((one) => ({ status: one, fullName: `${name} ${one}` })),
});
const report = (...testResults: object[]) => JSON.stringify({ testResults });
const mutants = (caught: number, canary: string, ...survivors: string[]) =>
  JSON.stringify({ caught, canary, survivors });
/** What counts as one more that passed. */
const SCORE = mutants(0, 'passes');

describe('the count of CI', () => {
  it('counts what passed', () => {
    expect(count(report(file('a', 'passed', 'passed', 'passed')), 0, SCORE)).toMatchObject({
      passed: 3,
      failed: 0,
    });
  });

  it.each(['failed', 'skipped', 'pending', 'todo'])('takes a test that is %s as failed', (status) => {
    const { passed, failed, lines } = count(report(file('a', 'passed', 'passed', status)), 0, SCORE);
    expect({ passed, failed }).toEqual({ passed: 2, failed: 1 });
    expect(lines[0]).toContain(`${status}: a ${status}`);
  });

  it('takes a file that cannot be loaded as failed', () => {
    const broken = count(report(file('a', 'passed', 'passed'), file('b', 'failed')), 1, SCORE);
    expect(broken).toMatchObject({ passed: 2, failed: 1, lines: ['failed: b: Cannot load it'] });
  });

  it('takes a failure before the tests as failed', () => {
    expect(count('', 2, SCORE)).toMatchObject({ failed: 1, lines: ['failed: no test ran'] });
  });

  it('takes an exit code that no test explains as failed', () => {
    expect(count(report(file('a', 'passed', 'passed')), 1, SCORE)).toMatchObject({ passed: 2, failed: 1 });
  });

  it('takes a planted fault that survived, and a canary that was accused, as failed', () => {
    const tests = report(file('a', 'passed', 'passed'));
    expect(count(tests, 0, mutants(7, 'passes'))).toMatchObject({ passed: 9, failed: 0 });
    expect(count(tests, 0, mutants(6, 'passes', 'quorum-too-small'))).toMatchObject({
      passed: 8,
      lines: ['survived: the planted fault quorum-too-small'],
    });
    expect(count(tests, 0, mutants(7, 'accused'))).toMatchObject({ failed: 1 });
    expect(count(tests, 0, '')).toMatchObject({ failed: 1, lines: ['failed: no mutation score'] });
  });
});
