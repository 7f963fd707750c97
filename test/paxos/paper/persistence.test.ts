// Owns: what must be durable before which message leaves ("Paxos Made Simple", section 2.5: "an acceptor records its intended
// response in stable storage before actually sending it"), and what an acknowledgement is worth. The table in
// docs/consensus.md has one row for each test of the first part.

import { describe, expect, it } from 'vitest';
import { Cluster, textOf } from '../cluster.ts';
import { acceptOf, ballot, bodies, entries, kinds, Probe, prepareOf, promiseOf, syncOf } from '../probe.ts';

const low = ballot(1, 1);
const high = ballot(2, 3);

describe('persist before send', () => {
  it('[I10] Prepare waits for the own promise', () => {
    const proposer = new Probe();
    expect(bodies(proposer.step({ kind: 'nominate' }))).toEqual([]);
    expect(proposer.writes.at(-1)?.hard?.promised).toEqual(ballot(1, 2));
    expect(kinds(proposer.flush())).toEqual(['prepare', 'prepare']);
  });

  it('[I10] the own promise counts when it is durable, not before', () => {
    const proposer = new Probe({ size: 1, id: 1, hard: { known: [] } });
    proposer.step({ kind: 'nominate' });
    expect(proposer.view.role).toBe('preparing');
    proposer.flush();
    expect(proposer.view.role).toBe('leading');
  });

  it('[I11] Promise waits for the promise', () => {
    const acceptor = new Probe();
    expect(acceptor.hear(1, prepareOf(low))).toEqual([]);
    expect(acceptor.writes.at(-1)?.hard?.promised).toEqual(low);
    expect(kinds(acceptor.flush())).toEqual(['promise']);
  });

  it('[I11] Promise waits for all entries that it speaks of, also when the promise itself is old', () => {
    const acceptor = new Probe().following(1, low, 'a');
    acceptor.hear(1, acceptOf(low, 1, ['b']));
    expect(acceptor.hear(1, prepareOf(low))).toEqual([]);
    const sent = acceptor.flush();
    expect(sent).toContainEqual(expect.objectContaining({ kind: 'promise', length: 2 }));
  });

  it('[I12] Accepted waits for entries and ballot, which are in one record', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(1, prepareOf(low));
    expect(acceptor.hear(1, syncOf(low, ['a', 'b']))).toEqual([]);
    const write = acceptor.writes.at(-1)!;
    expect(write.hard?.accepted).toEqual(low);
    expect(write.entries.map(textOf)).toEqual(['a', 'b']);
    expect(acceptor.flush()).toEqual([{ kind: 'accepted', ballot: low, length: 2 }]);
  });

  it('[I12] a flush of the old log is no acknowledgement of the new one', () => {
    const acceptor = new Probe().following(1, low, 'a');
    acceptor.hear(1, acceptOf(low, 1, ['b', 'c']));
    const old = acceptor.writes.at(-1)!.number;
    acceptor.hear(3, prepareOf(high));
    acceptor.hear(3, syncOf(high, ['x', 'y', 'z']));
    const sent = bodies(acceptor.step({ kind: 'persisted', write: old }));
    expect(kinds(sent)).not.toContain('accepted');
    expect(acceptor.flush()).toContainEqual({ kind: 'accepted', ballot: high, length: 3 });
  });

  it('[I13] the leader sends to others at once, and counts itself only when its own entries are durable', () => {
    const leader = new Probe().leading();
    const { promised } = leader.view;
    expect(kinds(bodies(leader.propose('a')))).toEqual(['accept', 'accept']);
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 });
    expect(leader.view.decided).toBe(0);
    leader.flush();
    expect(leader.view.decided).toBe(1);
  });

  it('[I13] two followers are a quorum without the disk of the leader', () => {
    const leader = new Probe().leading();
    const { promised } = leader.view;
    leader.propose('a');
    for (const from of [1, 3]) leader.receive(from, { kind: 'accepted', ballot: promised, length: 1 });
    expect(leader.view.decided).toBe(1);
    expect(leader.view.durableLength).toBe(0);
  });

  it('[I14] the first promise of a replica counts only when its incarnation is recorded durably', () => {
    const proposer = new Probe({ hard: { known: [] } });
    proposer.step({ kind: 'nominate' });
    proposer.flush();
    const promise = promiseOf(proposer.view.promised);
    proposer.receive(1, promise);
    // A second copy arrives while the record is still on its way to the disk.
    proposer.receive(1, promise);
    expect(proposer.view.role).toBe('preparing');
    expect(proposer.writes.at(-1)?.hard?.known).toEqual([[1, 1001]]);
    expect(new Set(kinds(proposer.flush())), 'it is asked again').toEqual(new Set(['prepare']));
    proposer.receive(1, promise);
    expect(proposer.view.role).toBe('leading');
  });

  it('what was not flushed is lost at a crash, and nothing that left depended on it', () => {
    const cluster = new Cluster(3).start().settle().nominate(1);
    cluster.node(2).autoFlush = false;
    cluster.node(3).autoFlush = false;
    cluster.propose(1, 'a');
    cluster.settle();
    expect(cluster.history).toEqual([]);
    cluster.node(2).crash();
    expect(cluster.node(2).view.length).toBe(0);
    cluster.node(3).flush();
    cluster.settle();
    expect(cluster.applied(1)).toEqual(['a']);
  });
});

describe('acknowledgements', () => {
  it('[I15] are cumulative: one for all that a flush made durable', () => {
    const acceptor = new Probe().following(1, low);
    for (const [index, value] of ['a', 'b', 'c'].entries()) acceptor.hear(1, acceptOf(low, index, [value]));
    expect(acceptor.flush()).toEqual([{ kind: 'accepted', ballot: low, length: 3 }]);
  });

  it('[I15] decide all entries before them, in any order of arrival', () => {
    const leader = new Probe().leading();
    const { promised } = leader.view;
    leader.propose('a', 'b', 'c');
    leader.flush();
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 3 });
    leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 });
    expect(leader.view.decided).toBe(3);
  });

  it('[I16] an acknowledgement counts only at the current ballot', () => {
    const leader = new Probe().leading();
    const before = leader.view.promised;
    leader.propose('a');
    leader.receive(1, { kind: 'nack', ballot: before, promised: ballot(5, 3) });
    leader.flush();
    leader.receive(3, promiseOf(leader.view.promised));
    leader.flush();
    expect(leader.view.role).toBe('leading');
    leader.receive(1, { kind: 'accepted', ballot: before, length: 1 });
    leader.receive(3, { kind: 'accepted', ballot: before, length: 1 });
    expect(leader.view.decided).toBe(0);
    expect(leader.dropped('stale-ballot')).toBe(2);
    leader.receive(3, { kind: 'accepted', ballot: leader.view.promised, length: 1 });
    expect(leader.view.decided).toBe(1);
  });

  it('are given again for a repeated Accept, because the first may be lost', () => {
    const acceptor = new Probe().following(1, low, 'a');
    expect(acceptor.hear(1, acceptOf(low, 0, ['a']))).toEqual([{ kind: 'accepted', ballot: low, length: 1 }]);
  });
});

describe('the leader', () => {
  it('tells what is decided with the next Accept, and by itself only if there is none', () => {
    const leader = new Probe().leading();
    const { promised } = leader.view;
    leader.propose('a');
    leader.flush();
    const alone = bodies(leader.receive(1, { kind: 'accepted', ballot: promised, length: 1 }));
    expect(alone).toEqual([1, 3].map(() => ({ kind: 'decide', ballot: promised, decided: 1 })));
    const next = bodies(leader.propose('b'));
    expect(next).toEqual([1, 3].map(() => expect.objectContaining({ kind: 'accept', decided: 1 })));
  });

  it('[I3] appends what was proposed during phase 1 behind what phase 1 has found', () => {
    const leader = new Probe();
    leader.step({ kind: 'nominate' });
    leader.flush();
    expect(leader.propose('mine').proposed).toEqual({ status: 'kept' });
    leader.receive(1, promiseOf(leader.view.promised, low, ['old']));
    expect([0, 1].map((index) => textOf(leader.view.entry(index)))).toEqual(['old', 'mine']);
  });

  it('gives a promise that comes late its own AcceptSync', () => {
    const leader = new Probe();
    leader.step({ kind: 'nominate' });
    leader.flush();
    const { promised } = leader.view;
    leader.receive(1, promiseOf(promised));
    leader.propose('a');
    const sent = leader.receive(3, promiseOf(promised, low, ['never chosen', 'nor this'])).send;
    expect(sent.map(({ to, body }) => [to, body.kind])).toEqual([[3, 'accept-sync']]);
    expect(sent[0]!.body).toMatchObject({ from: 0, entries: entries('a') });
  });
});

describe('limits of what is in flight', () => {
  const accepts = (sent: ReturnType<typeof bodies>, to: 'accept' | 'accept-sync' = 'accept') =>
    sent.flatMap((body) => (body.kind === to ? [body.entries.length] : []));

  it('[I17] entries to one follower', () => {
    const leader = new Probe({ limits: { inFlightEntries: 4, messageEntries: 2 } }).leading();
    expect(accepts(bodies(leader.propose('a', 'b', 'c', 'd', 'e', 'f')))).toEqual([2, 2, 2, 2]);
    const { promised } = leader.view;
    expect(accepts(bodies(leader.receive(1, { kind: 'accepted', ballot: promised, length: 3 })))).toEqual([
      2,
    ]);
  });

  it('[I17] bytes to one follower, and always one entry', () => {
    const leader = new Probe({ limits: { inFlightBytes: 10, messageBytes: 4 } }).leading();
    expect(accepts(bodies(leader.propose('a-long-entry', 'b')))).toEqual([1, 1]);
    const { promised } = leader.view;
    const sent = bodies(leader.receive(3, { kind: 'accepted', ballot: promised, length: 1 }));
    expect(accepts(sent)).toEqual([1]);
  });

  it('[I17] what is not decided: more is refused as overloaded and changes nothing', () => {
    const leader = new Probe({ limits: { undecidedEntries: 2, undecidedBytes: 8 } }).leading();
    expect(leader.propose('a', 'b', 'c').proposed).toEqual({ status: 'overloaded' });
    expect(leader.view.length).toBe(0);
    expect(leader.propose('a', 'b').proposed).toMatchObject({ status: 'appended', index: 0 });
    expect(leader.propose('c').proposed).toEqual({ status: 'overloaded' });
    leader.flush();
    leader.receive(1, { kind: 'accepted', ballot: leader.view.promised, length: 2 });
    expect(leader.propose('123456789').proposed, 'a single one may be as large as it likes').toMatchObject({
      index: 2,
    });
    expect(leader.propose('d').proposed).toEqual({ status: 'overloaded' });
  });

  it('[I17] what is kept during phase 1 counts as well', () => {
    const proposer = new Probe({ limits: { undecidedEntries: 2 } });
    proposer.step({ kind: 'nominate' });
    expect(proposer.propose('a', 'b').proposed).toEqual({ status: 'kept' });
    expect(proposer.propose('c').proposed).toEqual({ status: 'overloaded' });
  });

  it('an entry that is too large, or a configuration disguised as a command, is refused', () => {
    const leader = new Probe({ limits: { entryBytes: 3 } }).leading();
    expect(leader.propose('four').proposed).toMatchObject({ status: 'invalid' });
    const { configuration } = leader.view;
    const disguised = { data: new Uint8Array(0), configuration };
    expect(leader.step({ kind: 'propose', entries: [disguised] }).proposed).toMatchObject({
      status: 'invalid',
    });
    expect(leader.view.length).toBe(0);
  });

  it('[I18] a Promise in parts counts when all parts have come', () => {
    const limits = { messageEntries: 2 };
    const cluster = new Cluster(3, limits).start().settle().nominate(1);
    cluster.propose(1, 'a', 'b', 'c', 'd', 'e');
    cluster.settleOnly(({ to, body }) => to === 2 || body.kind !== 'accept');
    cluster.network = [];
    cluster.node(1).up = false;
    let parts = 0;
    cluster.observe = (node, _event, { send }) => {
      parts += node.id === 2 ? send.filter(({ body }) => body.kind === 'promise').length : 0;
    };
    cluster.nominate(3);
    expect(parts, 'one to be recorded, then three parts').toBe(4);
    expect(cluster.node(3).log).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(cluster.applied(2)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('[I18] an AcceptSync in parts is accepted when all parts have come', () => {
    const acceptor = new Probe().following(1, low, 'p', 'q', 'r');
    acceptor.hearAndFlush(3, prepareOf(high));
    const whole = syncOf(high, ['a', 'b', 'c', 'd']);
    const part = (from: number, ...values: string[]) => ({ ...whole, from, entries: entries(...values) });
    expect(acceptor.hearAndFlush(3, part(0, 'a', 'b'))).toEqual([]);
    expect(acceptor.view.accepted, 'half of the log is not accepted').toEqual(low);
    expect(acceptor.hearAndFlush(3, part(2, 'c', 'd'))).toEqual([
      { kind: 'accepted', ballot: high, length: 4 },
    ]);
  });

  it('[I18] parts of different logs are not mixed, and a part alone is nothing', () => {
    const acceptor = new Probe();
    acceptor.hearAndFlush(3, prepareOf(high));
    const old = syncOf(high, ['a', 'b', 'c']);
    const part = (from: number, ...values: string[]) => ({ ...old, from, entries: entries(...values) });
    acceptor.hearAndFlush(3, part(0, 'a'));
    acceptor.hearAndFlush(3, { ...part(1, 'b', 'c', 'd'), target: 4 });
    acceptor.hearAndFlush(3, part(2, 'c'));
    expect(acceptor.view.length).toBe(0);
  });
});
