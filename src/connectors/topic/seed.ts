// Owns: filling a topic with example data before the first run. Not here: the data.
// Invariants: a topic that was there before is left alone; one that was filled and then deleted is filled again; a fill
// that was cut off goes on where it stopped, because the data is the same each time and each partition tells how many of
// its records are there.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppendRecord, Log, TopicOptions, TopicWriter } from '../../log/index.ts';
import type { ConnectorContext } from '../../topology/source.ts';

/** Example data for a topic that does not exist yet. Every call of `records` must give the same records in the same order. */
export interface Seed {
  readonly records: () => Iterable<SeedRecord> | AsyncIterable<SeedRecord>;
  readonly topic?: TopicOptions;
}

/** A value, or a record with key, value and timestamp. */
export type SeedRecord = string | AppendRecord;

/** What the marker file of a topic says. */
const FILLING = 'filling';
const DONE = 'done';
/** Records per append while filling. */
const BATCH = 4_096;

export async function seedTopic(
  log: Log,
  name: string,
  seed: Seed,
  context: ConnectorContext,
): Promise<void> {
  const folder = join(context.dataDir, 'seeds');
  const marker = join(folder, name);
  const exists = await log.hasTopic(name);
  if (exists && (await readFile(marker, 'utf8').catch(() => null)) !== FILLING) return;
  await mkdir(folder, { recursive: true });
  await writeFile(marker, FILLING);
  if (!exists) await log.createTopic(name, seed.topic ?? {});
  const writer = await log.writer(name);
  try {
    await fill(writer, await presentIn(log, name), seed, context);
    await writer.flush();
  } finally {
    await writer.close();
  }
  await writeFile(marker, DONE);
}

/** How many records each partition has. */
async function presentIn(log: Log, name: string): Promise<number[]> {
  const { partitions } = await log.describeTopic(name);
  return partitions.map((partition) => partition.latest);
}

async function fill(
  writer: TopicWriter,
  present: number[],
  seed: Seed,
  context: ConnectorContext,
): Promise<void> {
  const batches: AppendRecord[][] = present.map(() => []);
  const seen = present.map(() => 0);
  let total = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const append = async (partition: number) => {
    const batch = batches[partition]!;
    batches[partition] = [];
    // One batch is written while the next one is made; awaiting the one before bounds what is in memory.
    await writing;
    writing = writer.append(partition, batch, { durability: 'written' });
    // Whoever awaits it next hears of a failure; until then it must not count as unhandled.
    writing.catch(() => {});
    context.status(`loading topic ${writer.topic}: ${total.toLocaleString('en')} records`);
  };
  for await (const item of seed.records()) {
    const record = typeof item === 'string' ? { value: item } : item;
    const partition = writer.partitionFor(record.key);
    total++;
    if (seen[partition]!++ < present[partition]!) continue;
    batches[partition]!.push(record);
    if (batches[partition]!.length >= BATCH) await append(partition);
  }
  for (const [partition, batch] of batches.entries()) if (batch.length > 0) await append(partition);
  await writing;
}
