// Owns: the figures of the consensus core alone: entries decided per second by three replicas in memory, pipelined and
// in batches, and what that allocates. Not here: disks and sockets (the store's bench).

import { Session } from 'node:inspector';
import { promisify } from 'node:util';
import { assert } from '../src/base/assert.ts';
import { Sfc32 } from '../src/base/random.ts';
import { NO_BALLOT } from '../src/paxos/ballot.ts';
import { firstConfiguration } from '../src/paxos/configuration.ts';
import { command, type Entry } from '../src/paxos/entry.ts';
import type { Event } from '../src/paxos/event.ts';
import type { Message } from '../src/paxos/message.ts';
import { Replica } from '../src/paxos/replica.ts';
import type { BenchRow } from './bench-row.ts';
import { repeat, row } from './measure.ts';

const REPLICAS = 3;
const ENTRY_BYTES = 128;
const BATCH = 64;
/** Batches proposed before the answers to the first are looked at. */
const PIPELINE = 8;
const ENTRIES = 400_000;
const SAMPLING = {
  samplingInterval: 32_768,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
};
/** Decided entries are forgotten this often, as behind a snapshot. */
const TRIM_EVERY = 50_000;

interface SampledNode {
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

/** Replicas whose messages and flushes take no time, in turns: everyone handles what came, then flushes once. */
class MemoryCluster {
  readonly replicas: readonly Replica[];
  private readonly inboxes: Message[][];
  private readonly lastWrite: number[];
  private readonly flushed: number[];

  constructor() {
    const configuration = firstConfiguration(Array.from({ length: REPLICAS }, (_, index) => index + 1));
    this.replicas = configuration.members.map(({ id }) => {
      const hard = {
        incarnation: id,
        admitted: true,
        damaged: false,
        promised: NO_BALLOT,
        accepted: NO_BALLOT,
      };
      return new Replica({
        id,
        random: new Sfc32(id, 2, 3),
        recovered: {
          hard: {
            ...hard,
            configuration,
            known: configuration.members.map((member) => [member.id, member.id] as const),
          },
          offset: 0,
          snapshotConfiguration: configuration,
          entries: [],
          decided: 0,
          damaged: false,
        },
      });
    });
    this.inboxes = this.replicas.map(() => []);
    this.lastWrite = this.replicas.map(() => 0);
    this.flushed = this.replicas.map(() => 0);
  }

  step(index: number, event: Event): void {
    const { write, send } = this.replicas[index]!.step(event);
    if (write !== undefined) this.lastWrite[index] = write.number;
    for (const message of send) this.inboxes[message.to - 1]!.push(message);
  }

  /** Everyone's messages and one flush each. False if nothing happened. */
  turn(): boolean {
    let busy = false;
    for (let index = 0; index < REPLICAS; index++) {
      const inbox = this.inboxes[index]!;
      this.inboxes[index] = [];
      for (const message of inbox) this.step(index, { kind: 'receive', message });
      const write = this.lastWrite[index]!;
      if (write > this.flushed[index]!) {
        this.flushed[index] = write;
        this.step(index, { kind: 'persisted', write });
      } else if (inbox.length === 0) continue;
      busy = true;
    }
    return busy;
  }
}

/** Decides ENTRIES commands; returns seconds. `make`: where a command comes from. */
function decide(make: () => Entry): number {
  const cluster = new MemoryCluster();
  for (let index = 0; index < REPLICAS; index++) cluster.step(index, { kind: 'start' });
  cluster.step(0, { kind: 'nominate' });
  while (cluster.turn());
  const leader = cluster.replicas[0]!;
  assert(leader.view.role === 'leading', 'the nominated replica leads');
  const start = performance.now();
  let proposed = 0;
  let trimmed = 0;
  while (leader.view.decided < ENTRIES) {
    for (let i = 0; i < PIPELINE && proposed < ENTRIES; i++, proposed += BATCH) {
      const entries: Entry[] = [];
      for (let j = 0; j < BATCH; j++) entries.push(make());
      cluster.step(0, { kind: 'propose', entries });
    }
    cluster.turn();
    const lowest = Math.min(...cluster.replicas.map((replica) => replica.view.decided));
    if (lowest - trimmed < TRIM_EVERY) continue;
    trimmed = lowest;
    for (let index = 0; index < REPLICAS; index++) cluster.step(index, { kind: 'trim', index: trimmed });
  }
  return (performance.now() - start) / 1_000;
}

export async function benchPaxos(): Promise<BenchRow[]> {
  const make = () => command(new Uint8Array(ENTRY_BYTES));
  const speeds = await repeat(async () => ENTRIES / decide(make));
  const detail = `${REPLICAS} replicas in memory, ${ENTRY_BYTES}-byte entries, ${BATCH} a batch, ${PIPELINE} batches in flight`;
  const shared = make();
  const bytes = await repeat(async () => (await allocated(() => decide(() => shared))) / ENTRIES);
  return [
    row('consensus core, entries decided', 'per-second', speeds, { target: { atLeast: 500_000 }, detail }),
    row('consensus core, allocated per entry', 'bytes', bytes, {
      detail:
        'by the three cores together, without the entry: slots in arrays, a share of each message; no object',
    }),
  ];
}

/** Bytes that `work` allocates, what is collected meanwhile included; an estimate from samples. */
function allocated(work: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  const post = promisify(
    (method: string, params: object, done: (error: Error | null, result?: object) => void) =>
      session.post(method, params, done),
  );
  return post('HeapProfiler.startSampling', SAMPLING)
    .then(work)
    .then(() => post('HeapProfiler.stopSampling', {}))
    .then((result) => sizeOf((result as { profile: { head: SampledNode } }).profile.head))
    .finally(() => session.disconnect());
}

function sizeOf({ selfSize, children }: SampledNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
