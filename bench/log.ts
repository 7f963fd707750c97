// Owns: the benchmark of the embedded log. Each measured run is followed at once by its yardstick, so that both meet the same
// machine; reported are the medians.

import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppendRecord, TopicReader, TopicWriter } from '../src/log/index.ts';
import { Log } from '../src/log/index.ts';
import type { BenchRow } from './bench-row.ts';

const RECORD_BYTES = 100;
const RECORDS_PER_APPEND = 1_000;
const APPENDS = 600;
const RECORDS = APPENDS * RECORDS_PER_APPEND;
const IN_FLIGHT = 64;
const RUNS = 5;
const MIB = 1_048_576;

/** Seconds of one run. */
interface Times {
  readonly appendBytes: number;
  readonly appendText: number;
  readonly rawWrite: number;
  readonly read: number;
  readonly rawRead: number;
}

/** Appending against one write and one fdatasync per MiB; reading back against reading the file's bytes. */
export async function benchLog(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-log-'));
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const log = await Log.open({ dataDir: folder, clock });
  const times: Times[] = [];
  try {
    await runOnce(log, folder); // warm-up
    for (let run = 0; run < RUNS; run++) times.push(await runOnce(log, folder));
  } finally {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows(times);
}

async function runOnce(log: Log, folder: string): Promise<Times> {
  const texts = makeTexts();
  const options = { segmentBytes: 1_073_741_824 };
  await log.createTopic('bytes', options);
  await log.createTopic('text', options);
  const path = join(folder, 'topics', 'bytes', '0', `${'0'.repeat(20)}.log`);
  const copy = join(folder, 'raw');

  const writer = await log.writer('bytes');
  const asBytes = texts.map((text) => ({ value: Buffer.from(text) }));
  const appendBytes = await seconds(() => appendAll(writer, asBytes));
  await writer.close();
  const rawWrite = await seconds(() => writeRaw(copy, statSync(path).size));
  const textWriter = await log.writer('text');
  const asText = texts.map((text) => ({ value: text }));
  const appendText = await seconds(() => appendAll(textWriter, asText));
  await textWriter.close();

  const reader = await log.reader('bytes');
  const read = await seconds(() => readAll(reader));
  const rawRead = await seconds(() => readRaw(path));
  await reader.close();
  await log.deleteTopic('bytes');
  await log.deleteTopic('text');
  rmSync(copy);
  return { appendBytes, appendText, rawWrite, read, rawRead };
}

function rows(times: readonly Times[]): BenchRow[] {
  const what = `${RECORDS} records of ${RECORD_BYTES} bytes, ${RECORDS_PER_APPEND} per append`;
  const against = 'flushed by group commit, against the same bytes in one file with one fdatasync per MiB';
  const ratio = (over: keyof Times, under: keyof Times): number[] =>
    times.map((run) => run[over] / run[under]);
  const rate = (of: keyof Times): number[] => times.map((run) => RECORDS / run[of]);
  return [
    row('log append ÷ raw write', 'ratio', ratio('rawWrite', 'appendBytes'), {
      target: { atLeast: 0.5 },
      detail: `${what}, ${against}`,
    }),
    row('log append of strings ÷ raw write', 'ratio', ratio('rawWrite', 'appendText'), {
      detail: `the same with values given as strings, ${against}`,
    }),
    row('log append', 'per-second', rate('appendBytes'), { detail: what }),
    row('log append of strings', 'per-second', rate('appendText'), { detail: what }),
    row('log read ÷ raw read', 'ratio', ratio('rawRead', 'read'), {
      detail:
        'checksums verified, values decoded to strings, against reading the same file from the page cache',
    }),
    row('log read', 'per-second', rate('read'), { detail: `${what}, values decoded to strings` }),
  ];
}

function row(
  name: string,
  unit: BenchRow['unit'],
  runs: number[],
  more: Pick<BenchRow, 'detail' | 'target'>,
): BenchRow {
  return { name, unit, value: median(runs), runs, ...more };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function makeTexts(): string[] {
  return Array.from({ length: RECORDS_PER_APPEND }, (_, i) =>
    Buffer.from(`${i} the quick brown fox jumps over the lazy dog `.repeat(4)).toString(
      'utf8',
      0,
      RECORD_BYTES,
    ),
  );
}

async function appendAll(writer: TopicWriter, records: readonly AppendRecord[]): Promise<void> {
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < APPENDS; i++) {
    if (pending.length >= IN_FLIGHT) await pending.shift();
    pending.push(writer.append(0, records));
  }
  await Promise.all(pending);
}

function writeRaw(path: string, size: number): void {
  const bytes = Buffer.alloc(MIB, 'x');
  const file = openSync(path, 'w');
  for (let at = 0; at < size; at += MIB) {
    writeSync(file, bytes, 0, Math.min(MIB, size - at), at);
    fdatasyncSync(file);
  }
  closeSync(file);
}

async function readAll(reader: TopicReader): Promise<void> {
  let characters = 0;
  for (let offset = 0; offset < RECORDS; ) {
    const chunk = await reader.read(0, offset, 4_096, MIB);
    for (const text of chunk.valueTexts()) characters += text!.length;
    offset = chunk.nextOffset;
  }
  if (characters !== RECORDS * RECORD_BYTES) throw new Error(`read ${characters} characters`);
}

function readRaw(path: string): void {
  const bytes = Buffer.allocUnsafeSlow(MIB);
  const file = openSync(path, 'r');
  while (readSync(file, bytes, 0, MIB, null) > 0);
  closeSync(file);
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
