// Owns: `millrace topics produce`: lines to records, batched, durable, with back-pressure. Not here: cutting lines (lines.ts),
// records as JSON (record-json.ts), the disk (log/).

import { createReadStream } from 'node:fs';
import { EXIT } from '../base/error-codes.ts';
import { MillraceError } from '../base/errors.ts';
import type { AppendRecord, Log, TopicDescription, TopicWriter } from '../log/index.ts';
import type { Command, CommandInput, OptionValues } from './command.ts';
import { DATA_OPTION } from './common-options.ts';
import { count } from './format.ts';
import { linesOf } from './lines.ts';
import { findFile } from './load-topology.ts';
import { recordFromJson } from './record-json.ts';
import { KEY_SEPARATOR_OPTION, withLog } from './topics-common.ts';

/** Records handed to one append, and bytes after which it is handed over: one append is one batch for whoever reads it. */
const BATCH_RECORDS = 4_096;
const BATCH_BYTES = 1_048_576;
/** Appends whose end is not known yet; then reading waits. */
const MAX_IN_FLIGHT = 8;

export const produceCommand: Command = {
  name: 'topics produce',
  argumentsHelp: 'TOPIC [FILE]',
  summary: 'Appends one record per line of FILE, or of standard input, and prints how many.',
  positionals: [1, 2],
  options: {
    data: DATA_OPTION,
    json: { type: 'boolean', help: 'each line is {"key", "value", "headers", "timestamp"}' },
    'key-separator': {
      ...KEY_SEPARATOR_OPTION,
      help: 'the key of a record ends at the first TEXT in its line',
    },
    partition: {
      type: 'string',
      value: 'N',
      help: 'append to this partition (default: by key, else in turn)',
    },
    partitions: {
      type: 'string',
      value: 'N',
      help: 'partitions of the topic if it has to be made (default 1)',
    },
    quiet: { type: 'boolean', help: 'do not print how many' },
  },
  notes: [
    'When the command ends with exit code 0, every record is on the disk. A topic that does not exist is made.',
  ],
  examples: [
    'millrace topics produce lines book.txt',
    'tail -f access.log | millrace topics produce access',
    'millrace topics consume old --format json | millrace topics produce new --json',
  ],
  run: produce,
};

async function produce({ positionals, options, terminal }: CommandInput): Promise<number> {
  const [name, path] = positionals;
  const input = path === undefined ? process.stdin : createReadStream(await findFile(path));
  const produced = await withLog(options, async (log) => {
    const topic = await openTopic(log, name!, options);
    const writer = await log.writer(name!);
    const producer = new Producer(writer, partitionOption(options, topic));
    const toRecord = recordReader(options);
    try {
      for await (const lines of linesOf(input, topic.config.maxRecordBytes)) {
        for (const line of lines) await producer.add(toRecord(line));
      }
    } catch (error) {
      throw await withCount(error, producer);
    }
    await producer.end();
    return producer.appended;
  });
  if (!options.flag('quiet'))
    terminal.out.line(`${count(produced)} ${produced === 1 ? 'record' : 'records'} appended to ${name}`);
  return EXIT.ok;
}

/** What came before a broken line is appended all the same, and the error says how many records that were. */
async function withCount(error: unknown, producer: Producer): Promise<unknown> {
  if (!(error instanceof MillraceError)) return error;
  await producer.end();
  const { expected, got, cause } = error;
  return new MillraceError(
    error.code,
    `${error.message} ${count(producer.appended)} records before it were appended.`,
    {
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
      next: error.next ?? 'go on after the records that were appended',
      cause,
    },
  );
}

async function openTopic(log: Log, name: string, options: OptionValues): Promise<TopicDescription> {
  const partitions = options.integer('partitions', 1, Number.MAX_SAFE_INTEGER);
  await log.ensureTopic(name, partitions === undefined ? {} : { partitions });
  return log.describeTopic(name);
}

function partitionOption(options: OptionValues, topic: TopicDescription): number | undefined {
  return options.integer('partition', 0, topic.partitions.length - 1);
}

function recordReader(options: OptionValues): (line: Uint8Array) => AppendRecord {
  if (options.flag('json')) {
    let lineNumber = 0;
    return (line) =>
      recordFromJson(
        Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'),
        ++lineNumber,
      );
  }
  const separator = options.text('key-separator');
  if (separator === undefined || separator === '') return (line) => ({ value: line });
  const bytes = Buffer.from(separator);
  return (line) => {
    const at = Buffer.from(line.buffer, line.byteOffset, line.byteLength).indexOf(bytes);
    return at < 0 ? { value: line } : { key: line.subarray(0, at), value: line.subarray(at + bytes.length) };
  };
}

interface Batch {
  readonly records: AppendRecord[];
  bytes: number;
}

/** Collects records per partition and keeps a bounded number of appends under way. */
class Producer {
  /** Records that are on the disk. */
  appended = 0;
  private readonly writer: TopicWriter;
  private readonly partition: number | undefined;
  private readonly batches = new Map<number, Batch>();
  private readonly inFlight = new Set<Promise<void>>();
  private failure: unknown;

  constructor(writer: TopicWriter, partition: number | undefined) {
    this.writer = writer;
    this.partition = partition;
  }

  /** Returns a promise only when the caller must wait. */
  add(record: AppendRecord): Promise<void> | undefined {
    const partition = this.partition ?? this.writer.partitionFor(record.key);
    const batch = this.batches.get(partition) ?? this.emptyBatch(partition);
    batch.records.push(record);
    batch.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
    const full = batch.records.length >= BATCH_RECORDS || batch.bytes >= BATCH_BYTES;
    return full ? this.send(partition, batch.records) : undefined;
  }

  /** Resolves when all is on the disk. */
  async end(): Promise<void> {
    for (const [partition, { records }] of [...this.batches]) await this.send(partition, records);
    await Promise.all(this.inFlight);
    if (this.failure !== undefined) throw this.failure;
  }

  private emptyBatch(partition: number): Batch {
    const batch = { records: [], bytes: 0 };
    this.batches.set(partition, batch);
    return batch;
  }

  private async send(partition: number, batch: AppendRecord[]): Promise<void> {
    this.batches.delete(partition);
    while (this.inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.inFlight);
    if (this.failure !== undefined) throw this.failure;
    const append: Promise<void> = this.writer
      .append(partition, batch, { durability: 'flushed' })
      .then(
        () => {
          this.appended += batch.length;
        },
        (error: unknown) => {
          this.failure ??= error;
        },
      )
      .finally(() => this.inFlight.delete(append));
    this.inFlight.add(append);
  }
}
