// Owns: a replica's driver for tests of its disk: records made by chance, a model of what the log is after each of them, and
// the judgement of what a restart gives back. Not here: the faults (memory-files.ts).

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { fraction, Sfc32 } from '../../../src/base/random.ts';
import type { FileSystem } from '../../../src/files/file-system.ts';
import { type Configuration, firstConfiguration } from '../../../src/paxos/configuration.ts';
import type { HardState, Recovered, Write } from '../../../src/paxos/effects.ts';
import { command, type Entry } from '../../../src/paxos/entry.ts';
import { formatReplicaDisk } from '../../../src/store/disk/format.ts';
import type { DiskLimits } from '../../../src/store/disk/limits.ts';
import {
  openReplicaDisk,
  type ReplicaDisk,
  type ReplicaDiskOptions,
} from '../../../src/store/disk/replica-disk.ts';

export const FOLDER = '/replica';
export const CONFIGURATION: Configuration = firstConfiguration([1, 2, 3]);
export const OWNER = { cluster: 'test', replica: 1 };

/** Small enough that everything happens in a short run. */
export const SMALL: Partial<DiskLimits> = {
  segmentBytes: 32 * 1024,
  flushBytes: 6 * 1024,
  spareSegments: 2,
  fillBytes: 16 * 1024,
  chunkBytes: 2_000,
  snapshotFlushBytes: 4_096,
  fullRetryMs: 1,
};

export const noLock = async () => ({ release: async () => {} });

export async function format(fs: FileSystem, folder = FOLDER): Promise<void> {
  const { configuration } = { configuration: CONFIGURATION };
  await formatReplicaDisk({
    ...OWNER,
    folder,
    fs,
    incarnation: 77,
    admitted: true,
    configuration,
    lock: noLock,
  });
}

export interface Driver {
  readonly disk: ReplicaDisk;
  /** The last number of onPersisted. */
  readonly acked: () => number;
  readonly failures: readonly Error[];
  readonly full: readonly boolean[];
}

export async function open(fs: FileSystem, options: Partial<ReplicaDiskOptions> = {}): Promise<Driver> {
  let acked = 0;
  const failures: Error[] = [];
  const full: boolean[] = [];
  const disk = await openReplicaDisk({
    ...OWNER,
    folder: FOLDER,
    fs,
    clock: { monotonicMs: () => performance.now(), wallMs: () => 0 },
    logger: silentLogger(),
    onDamage: 'report',
    limits: SMALL,
    lock: noLock,
    ...options,
    events: {
      onPersisted: (number) => {
        expect(number).toBeGreaterThan(acked);
        acked = number;
        options.events?.onPersisted(number);
      },
      onFull: (isFull) => void full.push(isFull),
      onFailure: (error) => void failures.push(error),
    },
  });
  return { disk, acked: () => acked, failures, full };
}

export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 20_000) throw new Error('it never came to pass');
    await nextTurn();
  }
}

export function hardOf(round: number): HardState {
  return {
    incarnation: 77,
    admitted: true,
    damaged: false,
    promised: { configuration: 1, round, replica: 1 },
    accepted: { configuration: 1, round: Math.max(0, round - 1), replica: 1 },
    configuration: CONFIGURATION,
    known: [[2, round + 1]],
  };
}

/** What a replica knows after some record, as text. */
export interface State {
  readonly hard: HardState;
  readonly entries: readonly string[];
  readonly decided: number;
}

export const EMPTY: State = {
  hard: {
    ...hardOf(0),
    promised: { configuration: 0, round: 0, replica: 0 },
    accepted: { configuration: 0, round: 0, replica: 0 },
    known: [],
  },
  entries: [],
  decided: 0,
};

/** Makes records by chance, with what the log is after each. */
export class Author {
  readonly states: State[];
  private readonly random: Sfc32;
  private serial: number;

  constructor(seed: number, state: State) {
    this.random = new Sfc32(seed, 3, 5);
    this.states = [state];
    this.serial = seed * 1_000_000;
  }

  get state(): State {
    return this.states.at(-1)!;
  }

  chance(probability: number): boolean {
    return fraction(this.random) < probability;
  }

  below(limit: number): number {
    return Math.floor(fraction(this.random) * limit);
  }

  next(longest = 700): Write {
    const { state } = this;
    const cut = this.chance(0.1) ? this.below(state.entries.length - state.decided + 1) : 0;
    const from = state.entries.length - cut;
    const fresh = Array.from({ length: this.chance(0.1) ? 0 : 1 + this.below(4) }, () => this.text(longest));
    const hard = this.chance(0.15) ? hardOf(state.hard.promised.round + 1) : undefined;
    const entries = [...state.entries.slice(0, from), ...fresh];
    const decided = state.decided + this.below(Math.min(entries.length, from) - state.decided + 1);
    this.states.push({ hard: hard ?? state.hard, entries, decided });
    return { number: this.states.length - 1, hard, snapshot: 0, from, entries: fresh.map(entryOf), decided };
  }

  private text(longest: number): string {
    const name = `${this.serial++}:`;
    return name.padEnd(this.chance(0.03) ? 9_000 : name.length + this.below(longest), 'abcdefg');
  }
}

export function entryOf(text: string): Entry {
  return command(new TextEncoder().encode(text));
}

export function textsOf(entries: readonly Entry[]): string[] {
  return entries.map(({ data }) => new TextDecoder().decode(data));
}

/** The state that a snapshot of the first `index` entries stands for, as chunks. */
export function* chunksOf(entries: readonly string[], index: number): Generator<Uint8Array> {
  yield new TextEncoder().encode(`${index} entries;`);
  for (const entry of entries.slice(0, index)) yield new TextEncoder().encode(`${entry.slice(0, 100)};`);
}

export async function textOfSnapshot(disk: ReplicaDisk): Promise<string> {
  let text = '';
  for await (const chunk of disk.readSnapshot(disk.snapshot!)) text += new TextDecoder().decode(chunk);
  return text;
}

export function snapshotText(entries: readonly string[], index: number): string {
  return [...chunksOf(entries, index)].map((chunk) => new TextDecoder().decode(chunk)).join('');
}

/** True if `recovered` is the state after some record. `decided` may be older than the truth, and newer by a snapshot. */
export function isState(recovered: Recovered, state: State): boolean {
  const { offset, entries, hard, decided } = recovered;
  if (decided < offset || decided > Math.max(state.decided, offset)) return false;
  if (JSON.stringify({ ...hard, damaged: false }) !== JSON.stringify(state.hard)) return false;
  const texts = textsOf(entries);
  const expected = state.entries.slice(offset);
  return texts.length === expected.length && texts.every((text, index) => text === expected[index]);
}

export function describeRecovered({ offset, entries, hard, decided, damaged }: Recovered): string {
  return JSON.stringify({
    offset,
    entries: textsOf(entries).map((text) => text.slice(0, 12)),
    round: hard.promised.round,
    decided,
    damaged,
  });
}
