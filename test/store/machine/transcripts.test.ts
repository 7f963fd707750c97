// Owns: the proof that the machine answers as a real ZooKeeper 3.9.5 does: recorded transcripts, played again. Two of random
// operations (all node kinds, bad paths, access control, multi, sessions that come and go), one of quotas.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StoreMachine } from '../../../src/store/machine/machine.ts';
import { Replay, type Step } from './replay.ts';

function stepsOf(name: string): Step[] {
  const text = readFileSync(new URL(`transcripts/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
}

function toldBy(step: Step): unknown {
  if (step.do === 'op') return step.result;
  return step.do === 'dump' ? step.nodes : undefined;
}

describe('what ZooKeeper answered', () => {
  it.each(['operations-1', 'operations-2', 'quotas'])('%s', (name) => {
    const steps = stepsOf(name);
    const replay = new Replay(StoreMachine.empty({ enforceQuotas: true }));
    let compared = 0;
    for (const step of steps) {
      const told = toldBy(step);
      const answer = replay.play(step);
      if (told === undefined) continue;
      expect({ operation: step.operation, answer }).toEqual({ operation: step.operation, answer: told });
      compared++;
    }
    expect(compared).toBeGreaterThan(40);
  });

  it('a machine put back from a snapshot at any step answers the same', () => {
    const steps = stepsOf('operations-1');
    const replay = new Replay(StoreMachine.empty({ enforceQuotas: true }));
    for (const [at, step] of steps.entries()) {
      if (at % 20 === 0) {
        const before = replay.machine.hash();
        replay.machine = StoreMachine.restore(replay.machine.sections(), { enforceQuotas: true });
        expect(replay.machine.hash()).toBe(before);
      }
      const answer = replay.play(step);
      if (step.do === 'op') expect(answer).toEqual(step.result);
    }
  });
});
