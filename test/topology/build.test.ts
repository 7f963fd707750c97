// Owns: what build() makes of right topologies.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { isTopology, topology } from '../../src/topology/topology.ts';
import { build } from '../../src/topology/validate.ts';
import { boltNamed, component, idle, textSource, untyped, wordCount } from './sample.ts';

describe('build', () => {
  it('orders components with producers first and wires them by id', () => {
    const plan = build(wordCount().t);
    expect(plan.name).toBe('word-count');
    expect(plan.components.map((one) => one.name)).toEqual(['lines', 'split', 'count', 'totals']);
    expect(plan.components.map((one) => one.id)).toEqual([0, 1, 2, 3]);
    const count = boltNamed(plan, 'count');
    expect(count.parallelism).toBe(4);
    expect(count.inputs).toHaveLength(1);
    expect(count.inputs[0]).toMatchObject({ producer: 1, stream: 'default', subscriber: 2 });
    expect(count.inputs[0]).toBe(plan.components[1]!.outputs[0]);
    expect(component(plan, 'totals').streams).toEqual([]);
  });

  it('fills in every default', () => {
    const plan = build(wordCount().t);
    expect(plan.options).toEqual({
      maxPending: LIMITS.maxPending,
      maxAttempts: LIMITS.maxAttempts,
      treeTimeoutMs: LIMITS.treeTimeoutMs,
      retryBackoffMs: LIMITS.retryBackoffMs,
      retryBackoffMaxMs: LIMITS.retryBackoffMaxMs,
      commitIntervalMs: LIMITS.commitIntervalMs,
      stallLimitMs: LIMITS.stallLimitMs,
      drainLimitMs: LIMITS.drainLimitMs,
      openLimitMs: LIMITS.openLimitMs,
      closeLimitMs: LIMITS.closeLimitMs,
    });
    expect(boltNamed(plan, 'split')).toMatchObject({
      parallelism: 1,
      streams: ['default'],
      ack: 'auto',
      onError: 'fail',
      queueCapacity: LIMITS.queueCapacity,
      concurrency: LIMITS.concurrency,
      executeTimeoutMs: 0,
      tickEveryMs: 0,
      state: {},
    });
    expect(component(plan, 'totals')).toMatchObject({
      batch: LIMITS.sinkBatch,
      inFlight: LIMITS.sinkInFlight,
    });
    expect(component(plan, 'lines')).toMatchObject({ treeTimeoutMs: LIMITS.treeTimeoutMs });
  });

  it('gives spouts the time-out of the topology unless they name their own', () => {
    const t = topology('timeouts', { treeTimeoutMs: 77 });
    t.spout('a', textSource());
    t.spout('b', textSource(), { treeTimeoutMs: 88 });
    const plan = build(t);
    expect(component(plan, 'a')).toMatchObject({ treeTimeoutMs: 77 });
    expect(component(plan, 'b')).toMatchObject({ treeTimeoutMs: 88 });
  });

  it('takes options from the object and from the last argument alike', () => {
    const t = untyped();
    const lines = t.spout('lines', textSource());
    const options = { streams: ['late'], ack: 'manual', onError: 'drop', queueCapacity: 9, concurrency: 3 };
    t.bolt('inside', lines, { ...options, execute: idle });
    t.bolt('outside', lines, { execute: idle }, options);
    t.bolt('function', lines, idle, options);
    t.bolt('factory', lines, { ...options, create: () => ({ execute: idle }) });
    const plan = build(t);
    for (const name of ['inside', 'outside', 'function', 'factory']) {
      expect(boltNamed(plan, name)).toMatchObject({ ...options, streams: ['default', 'late'] });
    }
  });

  it('takes every grouping', () => {
    const { t, words } = wordCount();
    const groupings = {
      shuffle: words.shuffle(),
      key: words.by((word) => word),
      'partial-key': words.partialBy((word) => word),
      all: words.all(),
      global: words.global(),
      'local-or-shuffle': words.localOrShuffle(),
      none: words.none(),
      custom: words.custom((word, tasks) => word.length % tasks),
    };
    for (const [kind, input] of Object.entries(groupings)) t.bolt(kind, input, idle);
    const plan = build(t);
    for (const kind of Object.keys(groupings)) {
      expect(component(plan, kind).inputs[0]!.grouping.kind).toBe(kind);
    }
  });

  it('takes direct grouping on the default stream of a bolt', () => {
    const { t, words } = wordCount();
    const start = t.bolt('start', words, idle);
    t.bolt('end', start.direct(), idle, { parallelism: 3 });
    expect(component(build(t), 'end').inputs[0]!.grouping).toEqual({ kind: 'direct' });
  });

  it('gives the same input twice if the streams differ, and later inputs by subscribe', () => {
    const t = untyped();
    const lines = t.spout('lines', textSource());
    const split = t.bolt('split', lines, idle, { streams: ['late', 'wrong'] });
    const join = t.bolt('join', [split, split.stream('late')], idle);
    join.subscribe(split.stream('wrong').all());
    const inputs = component(build(t), 'join').inputs;
    expect(inputs.map((one) => one.stream)).toEqual(['default', 'late', 'wrong']);
    expect(inputs.map((one) => one.grouping.kind)).toEqual(['shuffle', 'shuffle', 'all']);
  });

  it('is a frozen copy: what the author does later changes nothing', () => {
    const { t, words, counts } = wordCount();
    const plan = build(t);
    counts.subscribe(words.all());
    t.bolt('late', words, idle);
    expect(plan.components).toHaveLength(4);
    expect(component(plan, 'count').inputs).toHaveLength(1);
    const parts = [plan, plan.components, plan.options, plan.settings, plan.reports];
    const count = boltNamed(plan, 'count');
    for (const part of [
      ...parts,
      count,
      count.inputs,
      count.outputs,
      count.streams,
      count.state,
      count.inputs[0],
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('can be called again, with the same result', () => {
    const { t } = wordCount();
    expect(JSON.stringify(build(t))).toBe(JSON.stringify(build(t)));
  });

  it('refuses what is no topology', () => {
    for (const value of [undefined, null, 5, {}, { name: 'x' }, () => wordCount().t]) {
      expect(() => build(value)).toThrowError(expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }));
    }
  });
});

describe('isTopology', () => {
  it('knows topologies from other values', () => {
    expect(isTopology(wordCount().t)).toBe(true);
    for (const value of [undefined, null, 'word-count', {}, topology, build(wordCount().t)]) {
      expect(isTopology(value)).toBe(false);
    }
  });

  it('knows a topology made by another copy of the module, and build reads it', async () => {
    const url = '../../src/topology/topology.ts?copy';
    const copy = (await import(/* @vite-ignore */ url)) as { topology: typeof topology };
    expect(copy.topology).not.toBe(topology);
    const t = copy.topology('other-copy');
    t.spout('lines', textSource());
    expect(isTopology(t)).toBe(true);
    expect(build(t).name).toBe('other-copy');
  });
});
