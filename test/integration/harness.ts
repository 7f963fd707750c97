// Owns: what the tests with real processes share: folders, topics filled and read from this process, stored state, and
// waiting for what another process does. Not here: starting the command (test/cli/command-line.ts).

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import { Sfc32 } from '../../src/base/random.ts';
import { type AppendRecord, Log, type TopicOptions, type TopicReader } from '../../src/log/index.ts';
import { decodeKey } from '../../src/state/state-key.ts';
import { checkpointFolder } from '../../src/store/checkpoint-folder.ts';
import { nodeFileSystem } from '../../src/store/file-system.ts';
import { readCheckpoint } from '../../src/store/journal-recovery.ts';
import type { Outcome, Running } from '../cli/command-line.ts';

/** How often a condition is looked at. */
const POLL_MS = 3;
const WAIT_LIMIT_MS = 15_000;
/** Records in one append of `fill`. */
const BATCH_RECORDS = 16;

const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

/** Absolute path of a topology of these tests. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./topologies/${name}.ts`, import.meta.url));
}

/** A new data folder that is gone after the test. Its name is in no other command line. */
export function dataFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-integration-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function withLog<T>(dataDir: string, use: (log: Log) => Promise<T>): Promise<T> {
  const log = await Log.open({ dataDir, clock });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

/** Appends values to a topic, which is made if it is missing; partitions take turns. All is on the disk afterwards. */
export function fill(
  dataDir: string,
  topic: string,
  values: readonly (string | Uint8Array)[],
  options: TopicOptions = {},
): Promise<void> {
  return withLog(dataDir, async (log) => {
    const known = (await log.topics()).some(({ name }) => name === topic);
    if (!known) await log.createTopic(topic, options);
    if (values.length === 0) return;
    const writer = await log.writer(topic);
    const writes: Promise<unknown>[] = [];
    // One append is one batch, and a batch is the least that is read at once: small ones make small reads.
    for (let from = 0; from < values.length; from += BATCH_RECORDS * writer.partitions) {
      const batches = new Map<number, AppendRecord[]>();
      for (const value of values.slice(from, from + BATCH_RECORDS * writer.partitions)) {
        const partition = writer.partitionFor(null);
        batches.set(partition, [...(batches.get(partition) ?? []), { value }]);
      }
      for (const [partition, batch] of batches) writes.push(writer.append(partition, batch));
    }
    await Promise.all(writes);
  });
}

async function valuesOf(reader: TopicReader, partition: number): Promise<string[]> {
  const values: string[] = [];
  for (let offset = await reader.earliest(partition); ; ) {
    const chunk = await reader.read(partition, offset, 4_096, 1_048_576);
    if (chunk.count === 0) return values;
    values.push(...chunk.valueTexts().map((text) => text ?? ''));
    offset = chunk.nextOffset;
  }
}

/** All values of a topic as text, one partition after the other; nothing for a topic that does not exist. */
export function valuesIn(dataDir: string, topic: string): Promise<string[]> {
  return withLog(dataDir, async (log) => {
    if (!(await log.topics()).some(({ name }) => name === topic)) return [];
    const reader = await log.reader(topic);
    const values: string[] = [];
    for (let partition = 0; partition < reader.partitions; partition++) {
      values.push(...(await valuesOf(reader, partition)));
    }
    return values;
  });
}

/** The dead letters of an application. */
export async function deadLettersIn(dataDir: string, app: string): Promise<Record<string, unknown>[]> {
  const letters = await valuesIn(dataDir, `${app}.dead-letters`);
  return letters.map((text) => JSON.parse(text) as Record<string, unknown>);
}

/** Watches a topic that another process writes. */
export class TopicWatch {
  private readonly log: Log;
  private readonly reader: TopicReader;

  private constructor(log: Log, reader: TopicReader) {
    this.log = log;
    this.reader = reader;
  }

  static async open(dataDir: string, topic: string): Promise<TopicWatch> {
    const log = await Log.open({ dataDir, clock });
    const watch = new TopicWatch(log, await log.reader(topic));
    onTestFinished(() => watch.log.close());
    return watch;
  }

  /** Records that can be read now. */
  async count(): Promise<number> {
    let sum = 0;
    for (let partition = 0; partition < this.reader.partitions; partition++) {
      sum += await this.reader.latest(partition);
    }
    return sum;
  }

  /** Resolves as soon as `count` records can be read; rejects if `running` ends before. */
  async reaches(count: number, running: Running): Promise<void> {
    await until(`${count} records`, running, async () => (await this.count()) >= count);
  }
}

/** Resolves when `holds` says so; rejects when the process ends before, or after too long. */
export async function until(
  what: string,
  running: Running,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  let ended: Outcome | undefined;
  void running.outcome.then((outcome) => {
    ended = outcome;
  });
  const startMs = performance.now();
  while (!(await holds())) {
    if (ended !== undefined) throw new Error(`ended before ${what}: ${JSON.stringify(ended)}`);
    if (performance.now() - startMs > WAIT_LIMIT_MS) throw new Error(`waited too long for ${what}`);
    await sleep(POLL_MS);
  }
}

/** Kills the process at once and waits until it is gone. Fails the test if it had ended before. */
export async function kill(running: Running): Promise<void> {
  running.child.kill('SIGKILL');
  const { code, signal, stdout, stderr } = await running.outcome;
  if (signal !== 'SIGKILL') throw new Error(`the kill came too late: ${code} ${stdout}${stderr}`);
}

/** The stored state of one component: key to value, all tasks together. */
export async function storedState(
  dataDir: string,
  app: string,
  component: string,
): Promise<Map<string, unknown>> {
  const checkpoint = await readCheckpoint(nodeFileSystem, checkpointFolder(dataDir, app, 0));
  const entries = new Map<string, unknown>();
  for (const piece of checkpoint.state) {
    if (piece.component !== component) continue;
    for (const [index, key] of piece.keys.entries()) {
      entries.set(String(decodeKey(key)), JSON.parse(piece.values[index] ?? 'null'));
    }
  }
  return entries;
}

/** The stored positions of a spout, by partition; empty if none was stored. */
export async function storedPositions(dataDir: string, app: string, spout: string): Promise<number[]> {
  const checkpoint = await readCheckpoint(nodeFileSystem, checkpointFolder(dataDir, app, 0));
  const positions = checkpoint.positions.get(spout) ?? new Map<number, number>();
  return [...positions].sort(([a], [b]) => a - b).map(([, offset]) => offset);
}

/** The process that runs a topology in a data folder, by its lock file; undefined if there is none. */
export function ownerOf(dataDir: string, app: string): number | undefined {
  try {
    const lock = JSON.parse(readFileSync(join(checkpointFolder(dataDir, app, 0), 'lock'), 'utf8')) as {
      pid: number;
    };
    return lock.pid;
  } catch {
    return undefined;
  }
}

/** The object that `run --json` prints last. */
export function resultOf({ stdout }: Outcome): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

/** One error that people can read: its code first, once, where to read on, and no stack trace. */
export function expectClear({ stderr }: Outcome, code: ErrorCode): void {
  expect(stderr.match(/^MR_[A-Z_]+(?=: )/gm)).toEqual([code]);
  expect(stderr).toContain(`docs/errors.md#${code.toLowerCase()}`);
  expect(stderr).not.toMatch(/^ {4}at /m);
}

/** Whole numbers by chance; the seed makes a run of the tests repeatable as far as processes are. */
export class Chance {
  readonly seed: number;
  private readonly random: Sfc32;

  /** MILLRACE_TEST_SEED, or another one each time. */
  constructor() {
    const given = process.env['MILLRACE_TEST_SEED'];
    this.seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
    this.random = new Sfc32(this.seed, 1, 2);
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + ((this.random.int32() >>> 0) % (most - least + 1));
  }
}

/** Says something that people want to read, in every reporter. */
export function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}
