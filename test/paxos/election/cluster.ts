// Owns: a small cluster for election tests: virtual time, links with delay, loss, duplication and one-way cuts, and in
// each replica the least that an election needs around it: a leader's heartbeats, a follower's patience, a ballot.

import { fraction, type Random, Sfc32 } from '../../../src/base/random.ts';
import { type Ballot, compareBallots, NO_BALLOT, type ReplicaId } from '../../../src/paxos/ballot.ts';
import { Connectivity } from '../../../src/paxos/connectivity.ts';
import { Election, type ElectionContext } from '../../../src/paxos/election.ts';
import { PAXOS_TICKS } from '../../../src/paxos/limits.ts';
import type { Candidate, Ping, Vote } from '../../../src/paxos/message.ts';

/** Time units of one tick. */
export const TICK = 100;

/** `lead` stands for Prepare and Heartbeat, `obey` for Promise and HeartbeatAck, `refuse` for Nack. */
type Body = Vote | Ping | { readonly kind: 'lead' | 'obey' | 'refuse'; readonly ballot: Ballot };

export class Node {
  readonly id: ReplicaId;
  readonly cluster: Cluster;
  readonly random: Random;
  election = new Election();
  connectivity = new Connectivity();
  promised: Ballot = NO_BALLOT;
  /** Its log, as the election sees it. */
  length = 0;
  mayLead = true;
  up = true;
  elections = 0;
  private silence = 0;
  private patience = 0;
  private ticks = 0;
  private ballot: Ballot = NO_BALLOT;
  private readonly promises = new Set<ReplicaId>();
  private readonly obeyedAt = new Map<ReplicaId, number>();

  constructor(id: ReplicaId, cluster: Cluster, random: Random) {
    this.id = id;
    this.cluster = cluster;
    this.random = random;
  }

  get leads(): boolean {
    return this.up && this.election.state === 'leading';
  }

  get context(): ElectionContext {
    const { members, quorum } = this.cluster;
    const own: Candidate = { replica: this.id, accepted: NO_BALLOT, length: this.length, priority: 0 };
    const able = this.mayLead && this.connectivity.hearsQuorum(members, this.id, quorum);
    const send = (to: ReplicaId, vote: Vote) => this.send(to, vote);
    return { self: this.id, members, quorum, own: able ? own : undefined, random: this.random, send };
  }

  start(): void {
    this.up = true;
    this.election = new Election();
    this.connectivity = new Connectivity();
    this.elected(this.election.look(this.context));
  }

  tick(): void {
    this.ticks++;
    this.connectivity.tick(this.cluster.members, this.id, (to, ping) => this.send(to, ping));
    if (this.election.state === 'looking') this.elected(this.election.tick(this.context));
    else if (this.election.state === 'leading') this.lead();
    else if (++this.silence > this.patience) this.elected(this.election.look(this.context));
  }

  private lead(): void {
    const { members, quorum } = this.cluster;
    const { leaderQuorum } = PAXOS_TICKS;
    const obeying = members.filter(
      (id) => this.ticks - (this.obeyedAt.get(id) ?? -leaderQuorum) <= leaderQuorum,
    );
    if (obeying.length + 1 < quorum) this.elected(this.election.look(this.context));
    else this.broadcast({ kind: 'lead', ballot: this.ballot });
  }

  receive(from: ReplicaId, body: Body): void {
    if (body.kind === 'vote') this.elected(this.election.receive(this.context, from, body));
    else if (body.kind === 'ping') this.connectivity.receive(from, body);
    else if (body.kind === 'lead') this.obey(from, body.ballot);
    else if (body.kind === 'obey' && this.leads && compareBallots(body.ballot, this.ballot) === 0)
      this.acknowledged(from);
    else if (body.kind === 'refuse' && this.leads && compareBallots(body.ballot, this.ballot) > 0)
      this.prepare(body.ballot.round + 1);
  }

  private obey(leader: ReplicaId, ballot: Ballot): void {
    if (compareBallots(ballot, this.promised) < 0) {
      this.send(leader, { kind: 'refuse', ballot: this.promised });
      return;
    }
    this.promised = ballot;
    this.follow(leader);
    this.election.settle(this.context, leader);
    this.send(leader, { kind: 'obey', ballot });
  }

  private acknowledged(from: ReplicaId): void {
    this.obeyedAt.set(from, this.ticks);
    this.promises.add(from);
    if (this.promises.size + 1 >= this.cluster.quorum) this.election.settle(this.context, this.id);
  }

  private elected(leader: ReplicaId): void {
    if (leader === 0) return;
    this.elections++;
    if (leader === this.id) this.prepare(this.promised.round + 1);
    else this.follow(leader);
  }

  private follow(leader: ReplicaId): void {
    if (leader === this.id) return;
    this.silence = 0;
    const { election, electionJitter } = PAXOS_TICKS;
    this.patience = election + Math.floor(fraction(this.random) * (electionJitter + 1));
  }

  private prepare(round: number): void {
    this.ballot = { configuration: 1, round, replica: this.id };
    this.promised = this.ballot;
    this.promises.clear();
    for (const id of this.cluster.members) if (id !== this.id) this.obeyedAt.set(id, this.ticks);
    this.broadcast({ kind: 'lead', ballot: this.ballot });
  }

  private broadcast(body: Body): void {
    for (const id of this.cluster.members) if (id !== this.id) this.send(id, body);
  }

  private send(to: ReplicaId, body: Body): void {
    this.cluster.send(this.id, to, body);
  }
}

interface Delivery {
  readonly at: number;
  readonly from: ReplicaId;
  /** No body: a tick of `to`. */
  readonly to: ReplicaId;
  readonly body: Body | undefined;
}

export class Cluster {
  readonly members: readonly ReplicaId[];
  readonly quorum: number;
  readonly nodes: readonly Node[];
  readonly random: Random;
  now = 0;
  votes = 0;
  /** Of a message: chance to be lost, chance to come twice, and the longest delay in time units. */
  loss = 0;
  duplication = 0;
  delay = TICK / 10;
  private readonly cuts = new Set<string>();
  private queue: Delivery[] = [];

  constructor(size: number, seed: number) {
    this.random = new Sfc32(seed, size, 7);
    this.members = Array.from({ length: size }, (_, index) => index + 1);
    this.quorum = (size >> 1) + 1;
    this.nodes = this.members.map((id) => new Node(id, this, new Sfc32(seed, id, 11)));
    for (const { id } of this.nodes) this.schedule(this.chance() * TICK, id, id, undefined);
    for (const node of this.nodes) node.start();
  }

  node(id: ReplicaId): Node {
    return this.nodes[id - 1]!;
  }

  chance(): number {
    return fraction(this.random);
  }

  /** From `from` to `to` nothing arrives any more. */
  cutOneWay(from: ReplicaId, to: ReplicaId): void {
    this.cuts.add(`${from}>${to}`);
  }

  cut(a: ReplicaId, b: ReplicaId): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** Only these pairs hear each other. */
  onlyLinks(...links: readonly (readonly [ReplicaId, ReplicaId])[]): void {
    this.heal();
    for (const a of this.members)
      for (const b of this.members)
        if (a < b && !links.some((link) => link.includes(a) && link.includes(b))) this.cut(a, b);
  }

  heal(): void {
    this.cuts.clear();
  }

  isCut(from: ReplicaId, to: ReplicaId): boolean {
    return this.cuts.has(`${from}>${to}`);
  }

  send(from: ReplicaId, to: ReplicaId, body: Body): void {
    if (body.kind === 'vote') this.votes++;
    if (this.isCut(from, to)) return;
    const copies = this.chance() < this.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      if (this.chance() >= this.loss)
        this.schedule(this.now + 1 + this.chance() * this.delay, from, to, body);
  }

  private schedule(at: number, from: ReplicaId, to: ReplicaId, body: Body | undefined): void {
    const delivery = { at, from, to, body };
    const index = this.queue.findIndex((other) => other.at > at);
    if (index < 0) this.queue.push(delivery);
    else this.queue.splice(index, 0, delivery);
  }

  /** Lets time pass; after each event `check`, if any, is called. */
  run(ticks: number, check?: () => void): void {
    const end = this.now + ticks * TICK;
    while (this.queue.length > 0 && this.queue[0]!.at <= end) {
      const { at, from, to, body } = this.queue.shift()!;
      this.now = at;
      const node = this.node(to);
      if (body === undefined) this.schedule(at + TICK, to, to, undefined);
      if (node.up && body === undefined) node.tick();
      else if (node.up && body !== undefined) node.receive(from, body);
      check?.();
    }
    this.now = end;
  }

  /** A leader that a quorum follows (itself counted), or 0. */
  leader(): ReplicaId {
    const leading = this.nodes.find(
      (node) => node.leads && this.followers(node.id).length + 1 >= this.quorum,
    );
    return leading?.id ?? 0;
  }

  followers(leader: ReplicaId): readonly Node[] {
    return this.nodes.filter((node) => node.up && node.id !== leader && node.election.leader === leader);
  }

  /** Runs until a quorum follows a leader, other than `not`. Returns the ticks that took, at most `limit`. */
  untilLed(limit: number, not: ReplicaId = 0): number {
    const from = this.now;
    const end = this.now + limit * TICK;
    while (this.now < end) {
      this.run(0.1);
      const leader = this.leader();
      if (leader !== 0 && leader !== not) break;
    }
    return (this.now - from) / TICK;
  }
}
