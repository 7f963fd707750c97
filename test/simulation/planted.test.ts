// Owns: the proof that the simulation finds mistakes: replicas and disks with one planted in them must fail, in few seeds.
// Not here: the mutation score, which changes the sources themselves.

import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/paxos/effects.ts';
import type { Event } from '../../src/paxos/event.ts';
import { Replica } from '../../src/paxos/replica.ts';
import type { CheckName } from '../../src/simulation/check-failure.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import type { ReplicaParts, ReplicaUnderTest, ReplicaView } from '../../src/simulation/replica-under-test.ts';
import { runMany } from '../../src/simulation/run-many.ts';
import {
  ALL_KINDS,
  defaultOptions,
  type RunOptions,
  type RunParts,
  runPaxos,
} from '../../src/simulation/run-paxos.ts';
import { shrink } from '../../src/simulation/shrink.ts';

/** A replica that does all as it should; what is planted changes some of it. */
class Wrapped implements ReplicaUnderTest {
  protected readonly inner: Replica;
  protected readonly id: number;

  constructor(parts: ReplicaParts) {
    this.inner = new Replica(parts);
    this.id = parts.id;
  }

  get view(): ReplicaView {
    return this.inner.view;
  }

  step(event: Event): Effects {
    return this.inner.step(event);
  }
}

/** Tells the core that a write is durable as soon as it has made it. */
class Hasty extends Wrapped {
  override step(event: Event): Effects {
    if (event.kind === 'persisted') return this.inner.step({ kind: 'persisted', write: event.write });
    const effects = this.inner.step(event);
    if (effects.write === undefined) return effects;
    const then = this.inner.step({ kind: 'persisted', write: effects.write.number });
    return {
      ...then,
      write: effects.write,
      send: [...effects.send, ...then.send],
      proposed: effects.proposed,
      reads: [...effects.reads, ...then.reads],
    };
  }
}

/** Serves reads from what it knows to be decided, and asks nobody. */
class StaleReader extends Wrapped {
  override step(event: Event): Effects {
    if (event.kind !== 'read') return super.step(event);
    const { view } = this.inner;
    return {
      write: undefined,
      send: [],
      decided: view.decided,
      reads: [{ token: event.token, index: view.decided }],
      proposed: undefined,
      fetch: undefined,
      refused: undefined,
    };
  }
}

/** Has no clock: nothing ever begins. */
class Timeless extends Wrapped {
  override step(event: Event): Effects {
    return super.step(event.kind === 'tick' ? { kind: 'trim', index: 0 } : event);
  }
}

class Broken extends Wrapped {
  override step(event: Event): Effects {
    if (event.kind === 'read') throw new TypeError('nobody expects this');
    return super.step(event);
  }
}

/** Loses the last entry that was flushed when its process dies. */
class ForgetfulDisk extends SimulatedDisk {
  override crash(): void {
    super.crash();
    this.entries.pop();
  }
}

/** Its promises and accepted ballots do not survive. */
class ForgetfulHardState extends SimulatedDisk {
  override crash(): void {
    super.crash();
    const { configuration, incarnation } = this.hard;
    const none = { configuration: configuration.number, round: 0, replica: 0 };
    this.hard = { ...this.hard, incarnation, promised: none, accepted: none };
  }
}

function runs(count: number, changes: Partial<RunOptions> = {}): RunOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    ...defaultOptions(index + 1),
    events: 6_000,
    kinds: new Set([...ALL_KINDS].filter((kind) => kind !== 'lost-disk' && kind !== 'reconfiguration')),
    ...changes,
  }));
}

const PLANTED: readonly (readonly [string, RunParts, readonly CheckName[]])[] = [
  [
    'persisted before it is',
    { makeReplica: (parts) => new Hasty(parts) },
    ['durable before sent', 'durable on a quorum'],
  ],
  ['reads that ask nobody', { makeReplica: (parts) => new StaleReader(parts) }, ['linearizable']],
  ['no clock', { makeReplica: (parts) => new Timeless(parts) }, ['decides after the faults']],
  ['an error', { makeReplica: (parts) => new Broken(parts) }, ['assertion']],
  [
    'a disk that loses what was flushed',
    { makeDisk: (parts) => new ForgetfulDisk(parts) },
    [
      'one value per index',
      'durable on a quorum',
      'same state',
      'refused is not applied',
      'assertion',
      'linearizable',
    ],
  ],
  [
    'a disk that loses its hard state',
    { makeDisk: (parts) => new ForgetfulHardState(parts) },
    ['ballots never go back'],
  ],
];

describe('what is planted is found', () => {
  it.each(PLANTED)('%s', (_, parts, checks) => {
    const { failed } = runMany(runs(30), parts);
    expect(checks).toContain(failed?.failure.check);
  });

  it('a run that depends on more than its seed', () => {
    let made = 0;
    const makeReplica = ({ random, ...parts }: ReplicaParts) => {
      const shift = made++;
      return new Replica({
        ...parts,
        random: { int32: () => (random.int32() + Math.imul(shift, 0x3779b97f)) | 0 },
      });
    };
    const { failed } = runMany([{ ...defaultOptions(100), events: 2_000 }], { makeReplica });
    expect(failed?.failure.check).toBe('same seed, same trace');
  });

  it('a difference that only the text of the trace shows', () => {
    let made = 0;
    const makeReplica = (replica: ReplicaParts) => {
      const inner = new Replica(replica);
      // Of the second run: all that is left out is what the replica tells of its durable log.
      if (++made <= 3) return inner;
      const view = Object.create(inner.view, { durableLength: { value: -1 } }) as ReplicaView;
      return { view, step: (event: Event) => inner.step(event) };
    };
    const options = { ...defaultOptions(100), events: 500, kinds: new Set<never>() };
    expect(runMany([options]).failed).toBeUndefined();
    expect(runMany([options], { makeReplica }).failed?.failure.check).toBe('same seed, same trace');
  });
});

describe('a run that fails', () => {
  const parts: RunParts = { makeReplica: (replica) => new StaleReader(replica) };
  const { failed } = runMany(runs(30), parts);

  it('shrinks to one that fails in the same check, with less of everything', () => {
    const shrunk = shrink(failed!, parts);
    expect(shrunk.failure.check).toBe('linearizable');
    expect(shrunk.options.events).toBeLessThan(failed!.options.events);
    expect(shrunk.options.kinds.size).toBeLessThanOrEqual(6);
    expect(shrunk.options.operations).toBeLessThan(6_000);
    expect(runPaxos(shrunk.options, parts).failure).toEqual(shrunk.failure);
  });
});
