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

describe('the count of CI', () => {
  it('counts what passed', () => {
    expect(count(report(file('a', 'passed', 'passed', 'passed')), 0)).toMatchObject({ passed: 2, failed: 0 });
  });

  it.each(['failed', 'skipped', 'pending', 'todo'])('takes a test that is %s as failed', (status) => {
    const { passed, failed, lines } = count(report(file('a', 'passed', 'passed', status)), 0);
    expect({ passed, failed }).toEqual({ passed: 1, failed: 1 });
    expect(lines[0]).toContain(`${status}: a ${status}`);
  });

  it('takes a file that cannot be loaded as failed', () => {
    const broken = count(report(file('a', 'passed', 'passed'), file('b', 'failed')), 1);
    expect(broken).toMatchObject({ passed: 1, failed: 1, lines: ['failed: b: Cannot load it'] });
  });

  it('takes a failure before the tests as failed', () => {
    expect(count('', 2)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('takes an exit code that no test explains as failed', () => {
    expect(count(report(file('a', 'passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 });
  });
});
