// Owns: the consensus core in the simulated world, a few seeds of it: CI runs thousands (`millrace simulate paxos`). And that
// a seed decides everything about its run.

import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../src/simulation/fault-kinds.ts';
import { addSummary, emptySummary, runMany } from '../../src/simulation/run-many.ts';
import { defaultOptions, type RunOptions, runPaxos } from '../../src/simulation/run-paxos.ts';

function runs(from: number, count: number, changes: Partial<RunOptions> = {}): RunOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    ...defaultOptions(from + index),
    events: 4_000,
    ...changes,
  }));
}

describe('the consensus core', () => {
  it.each([3, 5] as const)('keeps every promise with %i replicas', (replicas) => {
    const summary = runMany(runs(1, 60, { replicas }));
    expect(summary.failed).toBeUndefined();
    expect(summary.runs).toBe(60);
    expect(summary.decided).toBeGreaterThan(1_000);
  });

  it('decides what clients ask where nothing goes wrong', () => {
    const result = runPaxos({ ...defaultOptions(3), kinds: new Set(), events: 5_000 });
    expect(result.failure).toBeUndefined();
    expect(result.answered).toBeGreaterThan(100);
    expect(Object.values(result.faults).every((times) => times === 0)).toBe(true);
  });
});

describe('faults', () => {
  it('of every kind happen', () => {
    const summary = runMany(runs(1, 120, { events: 6_000 }));
    expect(summary.failed).toBeUndefined();
    for (const kind of FAULT_KINDS) expect([kind, summary.faults[kind] > 0]).toEqual([kind, true]);
    expect(summary.refusedFrames).toBeGreaterThan(0);
  });

  it('that are switched off do not', () => {
    const kinds = new Set(FAULT_KINDS.filter((kind) => kind !== 'crash' && kind !== 'loss'));
    const { faults } = runMany(runs(1, 10, { kinds, events: 2_000 }));
    expect([faults.crash, faults.loss]).toEqual([0, 0]);
  });
});

describe('a seed', () => {
  it.each([2, 5, 8])('%i makes the same trace to the byte', (seed) => {
    const trace = () => {
      const lines: string[] = [];
      const result = runPaxos(
        { ...defaultOptions(seed), events: 3_000 },
        { print: (line) => lines.push(line) },
      );
      return { text: lines.join('\n'), result };
    };
    const once = trace();
    expect(trace()).toEqual(once);
    expect(runPaxos({ ...defaultOptions(seed), events: 3_000 })).toEqual(once.result);
    expect(once.text.split('\n').length).toBeGreaterThan(3_000);
  });

  it('of another number makes another run', () => {
    const [a, b] = [4, 5].map((seed) => runPaxos({ ...defaultOptions(seed), events: 1_000 }).hash);
    expect(a).not.toBe(b);
  });
});

describe('sums', () => {
  it('of parts are those of the whole', () => {
    const whole = runMany(runs(1, 8, { events: 1_000 }));
    const sum = emptySummary();
    addSummary(sum, runMany(runs(5, 4, { events: 1_000 })));
    addSummary(sum, runMany(runs(1, 4, { events: 1_000 })));
    expect({ ...sum, seconds: sum.seconds.toFixed(3) }).toEqual({
      ...whole,
      seconds: whole.seconds.toFixed(3),
    });
  });
});
