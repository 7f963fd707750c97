// Owns: how results and progress look: tables, numbers, the JSON object, the live line, colours.

import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { EXIT } from '../../src/base/error-codes.ts';
import { MillraceError } from '../../src/base/errors.ts';
import { type BenchResult, isMet, resultTable } from '../../src/cli/bench.ts';
import { bytes, count, digits, duration, milliseconds, shortCount } from '../../src/cli/format.ts';
import { progressText, RateMeter, truncate } from '../../src/cli/run-progress.ts';
import { summaryJson, summaryText } from '../../src/cli/run-summary.ts';
import { showError } from '../../src/cli/show-error.ts';
import { table } from '../../src/cli/table.ts';
import { coloursWanted, output } from '../../src/cli/terminal.ts';
import type { RunSnapshot, RunSummary } from '../../src/runtime/run-types.ts';

const summary: RunSummary = {
  topology: 'word-count',
  guarantee: 'at-least-once',
  status: 'completed',
  records: 1_234_567,
  tuples: 9_000_000,
  acked: 1_234_567,
  failed: 1,
  timedOut: 2,
  replayed: 3,
  deadLettered: 4,
  dropped: 0,
  seconds: 2.00049,
  recordsPerSecond: 617_132.2801,
  latencyMs: { p50: 0.51234, p99: 2.5, p999: null },
  reports: [{ title: 'Top words', columns: ['word', 'count'], rows: [['whale', 1_226]] }],
  error: null,
};

const snapshot: RunSnapshot = {
  ...summary,
  phase: 'running',
  activity: null,
  seconds: 65,
  pending: 812,
  lag: 1_750_000,
  failed: 0,
  timedOut: 0,
  deadLettered: 0,
  blockedBy: null,
};

/** An output that keeps what is written. */
function kept(isTTY: boolean, environment: Record<string, string> = {}) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { output: output(Object.assign(stream, { isTTY }), environment), text: () => text };
}

describe('the JSON object of a run', () => {
  it('has these fields in this order and no other', () => {
    expect(summaryJson(summary)).toBe(
      '{"topology":"word-count","guarantee":"at-least-once","status":"completed","records":1234567,"tuples":9000000,' +
        '"acked":1234567,"failed":1,"timedOut":2,"replayed":3,"deadLettered":4,"seconds":2,"recordsPerSecond":617132.28,' +
        '"latencyMs":{"p50":0.512,"p99":2.5,"p999":null}}',
    );
  });
});

describe('the summary of a run', () => {
  const text = summaryText(summary, kept(false).output);

  it('says what happened, what was promised and what came out', () => {
    for (const part of [
      'completed',
      'no record is lost',
      '1,234,567 in 2.0 s',
      'dead letters  4',
      'p99 2.50 ms',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('Top words\nword   count\n-----  -----\nwhale  1,226');
  });

  it('mentions dropped tuples only where there are some', () => {
    expect(text).not.toContain('dropped');
    expect(summaryText({ ...summary, dropped: 7 }, kept(false).output)).toContain('dropped       7');
  });
});

describe('progress', () => {
  it('shows rate, pending, lag, p99 and time', () => {
    expect(progressText('word-count', snapshot, 512_345)).toBe(
      'word-count  512 k records/s  pending 812  lag 1.75 M  p99 2.50 ms  done 1.23 M  1:05 min',
    );
  });

  it('shows trouble, and what holds the run up', () => {
    const text = progressText(
      't',
      {
        ...snapshot,
        phase: 'draining',
        activity: 'opening files',
        lag: null,
        timedOut: 3,
        blockedBy: 'count',
      },
      0,
    );
    for (const part of ['t (draining)  opening files', 'lag –', 'timed out 3', 'held up by count'])
      expect(text).toContain(part);
  });

  it('is cut to the width of the terminal', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('äöü€', 3)).toBe('äö…');
  });

  it('measures the rate over about the last second', () => {
    const meter = new RateMeter();
    expect(meter.rate({ seconds: 0, records: 0 })).toBe(0);
    expect(meter.rate({ seconds: 1, records: 1_000 })).toBe(1_000);
    expect(meter.rate({ seconds: 2, records: 1_000 })).toBe(0);
    expect(meter.rate({ seconds: 2.5, records: 2_000 })).toBeCloseTo(666.67, 1);
  });
});

describe('tables', () => {
  it('align numbers to the right and cut off control characters', () => {
    expect(
      table(
        ['a', 'long'],
        [
          ['x', 1],
          ['yyy\u001b[31m', 1_000],
        ],
      ),
    ).toBe(['a          long', '--------  -----', 'x             1', 'yyy·[31m  1,000'].join('\n'));
  });

  it('show any value', () => {
    expect(
      table(['v'], [[null], [{ a: 1 }], [12n], [-1_234.6], [0.001234], [Number.NaN]])
        .split('\n')
        .slice(2),
    ).toEqual([...['–', '{"a":1}', '12', '-1235', '0.00123', 'NaN']]);
  });

  it('may be empty', () => {
    expect(table(['word', 'count'], [])).toBe('word  count\n----  -----');
  });
});

describe('benchmarks', () => {
  const result: BenchResult = {
    name: 'acker',
    unit: 'ratio',
    value: 9,
    target: { atLeast: 8 },
    detail: 'd',
    runs: [9, 9, 9],
  };

  it('show median, target and whether it was met', () => {
    const missed: BenchResult = { ...result, name: 'slow', value: 2, target: { atMost: 1.6 } };
    const reported: BenchResult = {
      name: 'log',
      unit: 'per-second',
      value: 1_200_000,
      detail: 'read',
      runs: [1_200_000],
    };
    expect(resultTable([result, missed, reported]).split('\n').slice(2)).toEqual(
      [
        'acker      9.00x   3  >= 8      met     d',
        'slow       2.00x   3  <= 1.6    MISSED  d',
        'log    1,200,000/s  1  reported          read',
      ].map(
        (line) =>
          expect.stringMatching(
            line
              .trim()
              .split(/ +/)
              .map((word) => word.replace('.', '\\.'))
              .join(' +'),
          ) as string,
      ),
    );
    expect([isMet(result), isMet(missed), isMet(reported)]).toEqual([true, false, true]);
  });
});

describe('numbers', () => {
  it.each([
    [count(0), '0'],
    [count(999), '999'],
    [count(1_234_567), '1,234,567'],
    [shortCount(9_999), '9999'],
    [shortCount(10_000), '10.0 k'],
    [shortCount(2.5e9), '2.50 G'],
    [digits(0.000_012_3), '0.000012'],
    [digits(1_234), '1234'],
    [milliseconds(null), '–'],
    [milliseconds(0.5), '0.500 ms'],
    [milliseconds(1_500), '1.50 s'],
    [duration(59.94), '59.9 s'],
    [duration(61), '1:01 min'],
    [duration(3_725), '1:02:05 h'],
    [bytes(1_023), '1023 B'],
    [bytes(1_536), '1.50 KiB'],
    [bytes(5 * 1_024 ** 3), '5.00 GiB'],
  ])('%s', (got, expected) => {
    expect(got).toBe(expected);
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal %s with %j: %s', (isTerminal, environment, expected) => {
    expect(coloursWanted(isTerminal, environment)).toBe(expected);
    expect(kept(isTerminal, environment).output.style('red', 'x')).toBe(
      expected ? '\u001b[31mx\u001b[39m' : 'x',
    );
  });
});

describe('errors', () => {
  it('of users show code, advice and page, and no stack', () => {
    const err = kept(false);
    const error = new MillraceError('MR_DATA_LOCKED', 'It is in use.', { got: 'process 7', next: 'end it' });
    expect(showError(error, { out: err.output, err: err.output })).toBe(EXIT.busy);
    expect(err.text()).toBe(
      [
        'MR_DATA_LOCKED: It is in use.',
        '  got       process 7',
        '  do        end it',
        '  see       docs/errors.md#mr_data_locked',
        '',
      ].join('\n'),
    );
  });

  it('of ours show the stack and ask for a report', () => {
    const err = kept(false);
    const terminal = { out: err.output, err: err.output };
    expect(showError(new AssertionError('two owners'), terminal)).toBe(EXIT.internal);
    expect(err.text()).toMatch(/two owners\n\s+at .*rendering\.test\.ts/);
    expect(err.text()).toContain('Please report it');
  });
});
