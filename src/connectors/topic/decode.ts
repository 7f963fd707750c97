// Owns: turning records of a topic into values. Not here: reading (topic-source.ts).
// Invariant: a record that its decoder refuses is reported with its raw bytes and stops nobody.

import type { LogHeader, RecordChunk } from '../../log/index.ts';
import type { Chunk, RejectedRecord } from '../../topology/source.ts';

/** A record as a decoder function sees it. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly LogHeader[];
  /** The value as UTF-8; '' where there is none. */
  text(): string;
  /** The key as UTF-8; null where there is none. */
  keyText(): string | null;
}

/**
 * `text`: the value as UTF-8, '' where it is null. `json`: the parsed value, null where it is null. `bytes`: the value,
 * empty where it is null. A function gets the whole record, and throws to send it to the dead letters.
 */
export type Decode<T> = 'text' | 'json' | 'bytes' | ((record: TopicRecord) => T);

export function decodeChunk(chunk: RecordChunk, partition: number, decode: Decode<unknown>): Chunk<unknown> {
  const { firstOffset, nextOffset } = chunk;
  if (decode === 'text') {
    const values = chunk.valueTexts();
    for (let index = 0; index < values.length; index++) values[index] ??= '';
    return { values, firstOffset, nextOffset };
  }
  const values: unknown[] = [];
  const rejected: RejectedRecord[] = [];
  const reject = (error: unknown, raw: Uint8Array | null) => {
    rejected.push({ index: values.length, raw: new Uint8Array(raw ?? []), error });
    values.push(undefined);
  };
  if (decode === 'json') decodeJson(chunk, values, reject);
  else decodeRecords(chunk, partition, decode, values, reject);
  return rejected.length === 0
    ? { values, firstOffset, nextOffset }
    : { values, firstOffset, nextOffset, rejected };
}

type Reject = (error: unknown, raw: Uint8Array | null) => void;

function decodeJson(chunk: RecordChunk, values: unknown[], reject: Reject): void {
  for (const [index, text] of chunk.valueTexts().entries()) {
    try {
      values.push(text === null ? null : JSON.parse(text));
    } catch (error) {
      // The text may have lost what is no UTF-8; the record has not.
      reject(error, chunk.records()[index]!.value);
    }
  }
}

function decodeRecords(
  chunk: RecordChunk,
  partition: number,
  decode: 'bytes' | ((record: TopicRecord) => unknown),
  values: unknown[],
  reject: Reject,
): void {
  for (const record of chunk.records()) {
    // Copies, because the record's bytes are views of a buffer that the next read uses again.
    const value = record.value === null ? null : Uint8Array.from(record.value);
    if (decode === 'bytes') {
      values.push(value ?? new Uint8Array());
      continue;
    }
    const key = record.key === null ? null : Uint8Array.from(record.key);
    try {
      values.push(
        decode({
          partition,
          offset: record.offset,
          timestamp: record.timestamp,
          key,
          value,
          headers: record.headers.map((header) => ({
            key: header.key,
            value: header.value === null ? null : Uint8Array.from(header.value),
          })),
          text: () => (value === null ? '' : Buffer.from(value).toString('utf8')),
          keyText: () => (key === null ? null : Buffer.from(key).toString('utf8')),
        }),
      );
    } catch (error) {
      reject(error, value);
    }
  }
}
