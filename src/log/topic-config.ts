// Owns: topic names, topic settings, their limits, and `topic.json`. Not here: records and segments.

import { MillraceError, systemCodeOf } from '../base/errors.ts';
import type { FileSystem } from '../files/file-system.ts';
import { LOG_LIMITS } from './limits.ts';
import { damaged, topicInvalid, wrongFormat } from './log-errors.ts';
import type { Durability } from './record.ts';

export const TOPIC_FILE = 'topic.json';
const FORMAT = 'millrace-topic';
const VERSION = 1;
const DURABILITIES: readonly Durability[] = ['flushed', 'written', 'interval'];

export interface TopicConfig {
  readonly partitions: number;
  /** A segment file is closed when the next write would make it larger. */
  readonly segmentBytes: number;
  /** Oldest segments go while a partition is larger; null keeps everything. */
  readonly retentionBytes: number | null;
  /** Segments whose newest record is older go; null keeps everything. */
  readonly retentionMs: number | null;
  /** Largest record: key, value and headers. */
  readonly maxRecordBytes: number;
  /** For appends that do not say it themselves. */
  readonly durability: Durability;
  readonly flushIntervalMs: number;
}

export type TopicOptions = Partial<TopicConfig>;

/** Kafka's rule for topic names. Throws MR_TOPIC_INVALID. */
export function checkTopicName(name: string): void {
  if (isTopicName(name)) return;
  throw topicInvalid(
    `The topic name ${JSON.stringify(name)}`,
    `1 to ${LOG_LIMITS.topicNameLength} of the characters a-z A-Z 0-9 . _ - and neither "." nor ".."`,
    JSON.stringify(name),
  );
}

export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

/** Fills in defaults. Throws MR_TOPIC_INVALID for a setting outside its limits. */
export function makeTopicConfig(options: TopicOptions): TopicConfig {
  const config: TopicConfig = {
    partitions: options.partitions ?? 1,
    segmentBytes: options.segmentBytes ?? LOG_LIMITS.segmentBytes,
    retentionBytes: options.retentionBytes ?? null,
    retentionMs: options.retentionMs ?? null,
    maxRecordBytes: options.maxRecordBytes ?? LOG_LIMITS.maxRecordBytes,
    durability: options.durability ?? 'flushed',
    flushIntervalMs: options.flushIntervalMs ?? LOG_LIMITS.flushIntervalMs,
  };
  const fault = faultOf(config);
  if (fault !== null) throw topicInvalid(`The setting ${fault.name}`, fault.expected, fault.got);
  return config;
}

export function encodeTopicConfig(config: TopicConfig): Buffer {
  return Buffer.from(`${JSON.stringify({ format: FORMAT, version: VERSION, ...config }, null, 2)}\n`);
}

/** Null if there is no such topic. Throws MR_DATA_FORMAT, MR_DATA_DAMAGED, MR_IO. */
export async function readTopicConfig(files: FileSystem, topicFolder: string): Promise<TopicConfig | null> {
  const path = `${topicFolder}/${TOPIC_FILE}`;
  let text: string;
  try {
    text = (await files.readWhole(path)).toString('utf8');
  } catch (error) {
    const system = systemCodeOf(error);
    if (system === 'ENOENT' || system === 'ENOTDIR') return null;
    throw new MillraceError('MR_IO', `Could not read ${path}.`, {
      cause: error,
      next: 'look at its permissions',
    });
  }
  let stored: Partial<TopicConfig> & { format?: unknown; version?: unknown };
  try {
    stored = JSON.parse(text) as typeof stored;
  } catch {
    throw damaged(path, 0, 'it is not JSON');
  }
  if (stored?.format !== FORMAT) throw damaged(path, 0, `it has no "format": "${FORMAT}"`);
  if (stored.version !== VERSION) {
    throw wrongFormat(path, `topic format ${VERSION}`, `topic format ${String(stored.version)}`);
  }
  const { format: _format, version: _version, ...config } = stored;
  const fault = faultOf(config as TopicConfig);
  if (fault !== null) throw damaged(path, 0, `${fault.name} is ${fault.got}, not ${fault.expected}`);
  return config as TopicConfig;
}

interface Fault {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

function faultOf(config: TopicConfig): Fault | null {
  const { segmentBytes, retentionBytes, retentionMs, maxRecordBytes } = config;
  return (
    range('partitions', config.partitions, 1, LOG_LIMITS.maxPartitions) ??
    range('segmentBytes', segmentBytes, LOG_LIMITS.minSegmentBytes, LOG_LIMITS.maxSegmentBytes) ??
    (retentionBytes === null ? null : range('retentionBytes', retentionBytes, 0, Number.MAX_SAFE_INTEGER)) ??
    (retentionMs === null ? null : range('retentionMs', retentionMs, 0, Number.MAX_SAFE_INTEGER)) ??
    range('maxRecordBytes', maxRecordBytes, 1, LOG_LIMITS.maxMaxRecordBytes) ??
    range('flushIntervalMs', config.flushIntervalMs, 1, 3_600_000) ??
    (DURABILITIES.includes(config.durability)
      ? null
      : { name: 'durability', expected: DURABILITIES.join(', '), got: String(config.durability) })
  );
}

function range(name: string, value: number, least: number, most: number): Fault | null {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return null;
  return { name, expected: `an integer from ${least} to ${most}`, got: String(value) };
}
