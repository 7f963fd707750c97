// All that three real replicas can do within small bounds: every state is safe. The numbers of states are printed.

import { expect, test } from 'vitest';
import { Replica } from '../../../src/paxos/replica.ts';
import { CORE_SEARCHES, searchCore } from '../../../src/simulation/search/core-searches.ts';

test.each(CORE_SEARCHES)(
  '$name',
  ({ name, bounds }) => {
    const found = searchCore((parts) => new Replica(parts), bounds);
    const { outcome, states, transitions, localStates, messages, violation } = found;
    const figures = `${states} states, ${transitions} steps, ${localStates} states of a replica, ${messages} messages`;
    process.stdout.write(`search of the core, ${name}: ${figures}\n`);
    expect(violation).toBeUndefined();
    expect(outcome).toBe('complete');
    expect(states).toBeGreaterThan(10_000);
  },
  240_000,
);
