// Owns: `millrace topics consume`: records to standard output, as bytes, at the speed of whoever reads them.

import { EXIT } from '../base/error-codes.ts';
import { LIMITS } from '../base/limits.ts';
import type { StoredRecord, TopicReader } from '../log/index.ts';
import { type Command, type CommandInput, type OptionValues, usage } from './command.ts';
import { DATA_OPTION } from './common-options.ts';
import { recordToJson } from './record-json.ts';
import type { Output } from './terminal.ts';
import { assertData } from './topics-admin.ts';
import { KEY_SEPARATOR_OPTION, withLog } from './topics-common.ts';

const FORMATS = ['value', 'key-value', 'json'] as const;
type Format = (typeof FORMATS)[number];

export const consumeCommand: Command = {
  name: 'topics consume',
  argumentsHelp: 'TOPIC',
  summary: 'Prints the records of a topic, one per line.',
  positionals: [1, 1],
  options: {
    data: DATA_OPTION,
    from: { type: 'string', value: 'WHERE', help: 'earliest (default), latest, or an offset' },
    partition: {
      type: 'string',
      value: 'N',
      help: 'only this partition (default: all, one after the other)',
    },
    max: { type: 'string', value: 'N', help: 'stop after N records' },
    follow: { type: 'boolean', help: 'wait for more records until Ctrl-C' },
    format: { type: 'string', value: 'FORMAT', help: `${FORMATS.join(', ')} (default value)` },
    'key-separator': { ...KEY_SEPARATOR_OPTION, help: 'between key and value in key-value (default: a tab)' },
  },
  notes: [
    'value and key-value print bytes as they are; json is safe for any bytes and can be read by topics produce --json.',
    'Without --follow it ends at what was there when it began.',
  ],
  examples: [
    'millrace topics consume totals',
    'millrace topics consume lines --from latest --follow | grep whale',
  ],
  run: consume,
};

interface Range {
  readonly partition: number;
  next: number;
  /** Exclusive; infinite when following. */
  readonly until: number;
}

async function consume({ positionals, options, terminal }: CommandInput): Promise<number> {
  const [name] = positionals;
  const print = printer(options);
  const max = options.integer('max', 0, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
  assertData(options, name!);
  await withLog(options, async (log) => {
    const reader = await log.reader(name!);
    const ranges = await rangesOf(reader, options);
    const printed = await copy(reader, ranges, max, print, terminal.out);
    if (options.flag('follow') && printed < max)
      await follow(reader, ranges, max - printed, print, terminal.out);
  });
  return EXIT.ok;
}

async function rangesOf(reader: TopicReader, options: OptionValues): Promise<Range[]> {
  const only = options.integer('partition', 0, reader.partitions - 1);
  const from = options.text('from') ?? 'earliest';
  const offset =
    from === 'earliest' || from === 'latest'
      ? undefined
      : options.integer('from', 0, Number.MAX_SAFE_INTEGER);
  const ranges: Range[] = [];
  for (let partition = 0; partition < reader.partitions; partition++) {
    if (only !== undefined && partition !== only) continue;
    const latest = await reader.latest(partition);
    const start =
      from === 'earliest' ? await reader.earliest(partition) : from === 'latest' ? latest : offset!;
    ranges.push({
      partition,
      next: start,
      until: options.flag('follow') ? Number.POSITIVE_INFINITY : latest,
    });
  }
  return ranges;
}

/** Prints what is there now. Returns how many records. */
async function copy(
  reader: TopicReader,
  ranges: readonly Range[],
  max: number,
  print: (partition: number, records: readonly StoredRecord[]) => Uint8Array,
  out: Output,
): Promise<number> {
  let printed = 0;
  for (const range of ranges) {
    while (range.next < range.until && printed < max) {
      const wanted = Math.min(LIMITS.fetchRecords, max - printed, range.until - range.next);
      const chunk = await reader.read(range.partition, range.next, wanted, LIMITS.fetchBytes);
      if (chunk.count === 0) break;
      await out.write(print(range.partition, chunk.records()));
      range.next = chunk.nextOffset;
      printed += chunk.count;
    }
  }
  return printed;
}

/** Goes on printing what comes until a signal, or until `max` records more. */
async function follow(
  reader: TopicReader,
  ranges: readonly Range[],
  max: number,
  print: (partition: number, records: readonly StoredRecord[]) => Uint8Array,
  out: Output,
): Promise<void> {
  let wake = () => {};
  let news = true;
  let stopped = false;
  const hear = () => {
    news = true;
    wake();
  };
  const stop = () => {
    stopped = true;
    wake();
  };
  const unsubscribe = reader.onData(hear);
  // Waiting for records of another process must keep this one alive, whatever the log's own timers do.
  const alive = setInterval(hear, 1_000);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let left = max;
  while (!stopped && left > 0) {
    if (news) {
      news = false;
      left -= await copy(reader, ranges, left, print, out);
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (news || stopped) resolve();
      });
    }
  }
  clearInterval(alive);
  unsubscribe();
}

function printer(options: OptionValues): (partition: number, records: readonly StoredRecord[]) => Uint8Array {
  const text = options.text('format') ?? 'value';
  const format = FORMATS.find((name) => name === text);
  if (format === undefined) {
    throw usage(consumeCommand, `There is no format "${text}".`, { expected: FORMATS.join(', '), got: text });
  }
  const separator = Buffer.from(options.text('key-separator') ?? '\t');
  return (partition, records) =>
    Buffer.concat(records.flatMap((record) => partsOf(format, separator, partition, record)));
}

const NEW_LINE = '\n';

function partsOf(
  format: Format,
  separator: Uint8Array,
  partition: number,
  record: StoredRecord,
): Uint8Array[] {
  const end = Buffer.from(NEW_LINE);
  const value = record.value ?? Buffer.alloc(0);
  if (format === 'value') return [value, end];
  if (format === 'key-value') return [record.key ?? Buffer.alloc(0), separator, value, end];
  return [Buffer.from(recordToJson(partition, record)), end];
}
