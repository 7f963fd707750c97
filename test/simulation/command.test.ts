// Owns: `millrace simulate paxos` as it is typed: what it prints, and that its parts in several processes add up.

import { describe, expect, it } from 'vitest';
import type { RawSummary } from '../../src/cli/simulate-options.ts';
import { millraceEach, ROOT } from '../cli/command-line.ts';

const SIMULATE = ['simulate', 'paxos'] as const;
const SMALL = ['--runs', '4', '--events', '300', '--replicas', '3', '--faults', 'loss,duplication'] as const;

describe('millrace simulate paxos', () => {
  it('prints figures, the same from one process and from two; a trace; and what is wrong with a command line', async () => {
    const [text, one, two, trace, badKind, badSize] = await millraceEach(
      [
        [...SIMULATE, ...SMALL],
        [...SIMULATE, ...SMALL, '--json', '--jobs', '1'],
        [...SIMULATE, ...SMALL, '--json', '--jobs', '2'],
        [...SIMULATE, ...SMALL, '--runs', '1', '--trace'],
        [...SIMULATE, '--faults', 'los'],
        [...SIMULATE, '--replicas', '4'],
      ],
      { cwd: ROOT },
    );
    expect(text).toMatchObject({ code: 0 });
    expect(text!.stdout).toMatch(/^4 runs, every check held\.$/m);
    expect(figures(two!.stdout)).toEqual(figures(one!.stdout));
    expect(figures(one!.stdout)).toMatchObject({ runs: 4, failed: null });
    expect(trace!.stdout).toMatch(/^time \(s\) +replica +event +role/);
    expect(trace!.stdout.split('\n').length).toBeGreaterThan(300);
    expect(badKind).toMatchObject({ code: 64, stderr: expect.stringContaining('perhaps loss') });
    expect(badSize).toMatchObject({ code: 64, stderr: expect.stringContaining('3 or 5') });
  });
});

/** What does not depend on the machine. */
function figures(json: string) {
  const { wallSeconds, eventsPerSecond, seconds, ...rest } = JSON.parse(json) as RawSummary;
  expect(wallSeconds).toBeGreaterThan(0);
  expect(eventsPerSecond).toBeGreaterThan(0);
  return { ...rest, seconds: seconds.toFixed(3) };
}
