// Owns: records as lines of JSON, in both directions and for any bytes: text stands as `key` and `value`, what is no UTF-8
// as `keyBase64` and `valueBase64`. Pure but for the codecs of Buffer. Invariant: reading what was written gives the same record.

import { isUtf8 } from 'node:buffer';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { AppendRecord, StoredRecord } from '../log/index.ts';

type Bytes = Uint8Array | null;

/** One record as one line, without its end. */
export function recordToJson(partition: number, record: StoredRecord): string {
  return JSON.stringify({
    partition,
    offset: record.offset,
    timestamp: record.timestamp,
    ...bytesToJson('key', record.key),
    ...bytesToJson('value', record.value),
    headers: record.headers.map(({ key, value }) => ({ key, ...bytesToJson('value', value) })),
  });
}

function bytesToJson(name: 'key' | 'value', bytes: Bytes): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return { [name]: buffer.toString('utf8') };
  return { [`${name}Base64`]: buffer.toString('base64') };
}

/**
 * Reads `{"key", "value", "headers", "timestamp"}`; everything but the value may be left out, and other fields (partition,
 * offset) are ignored. A value that is no string is written as its JSON.
 *
 * Throws MR_RECORD_UNDECODABLE, which names the line.
 */
export function recordFromJson(line: string, lineNumber: number): AppendRecord {
  try {
    const parsed = JSON.parse(line) as unknown;
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      throw new Error('it is not an object');
    const fields = parsed as Record<string, unknown>;
    const timestamp = fields['timestamp'];
    if (timestamp !== undefined && !Number.isSafeInteger(timestamp))
      throw new Error('timestamp is not an integer');
    return {
      key: bytesFromJson('key', fields) ?? null,
      value: valueFromJson(fields),
      headers: headersFromJson(fields['headers']),
      ...(timestamp === undefined ? {} : { timestamp: timestamp as number }),
    };
  } catch (error) {
    throw new MillraceError('MR_RECORD_UNDECODABLE', `Line ${lineNumber} is not a record.`, {
      expected: '{"key": "k", "value": "v", "headers": [{"key": "h", "value": "v"}], "timestamp": 0}',
      got: `${messageOf(error)}: ${line.length > 120 ? `${line.slice(0, 120)}…` : line}`,
      next: 'correct that line; for plain lines leave out --json',
    });
  }
}

function valueFromJson(fields: Record<string, unknown>): Uint8Array | string | null {
  const value = bytesFromJson('value', fields);
  if (value === undefined) throw new Error('it has no value');
  return value;
}

/** undefined where the field is missing. */
function bytesFromJson(
  name: 'key' | 'value',
  fields: Record<string, unknown>,
): Uint8Array | string | null | undefined {
  const encoded = fields[`${name}Base64`];
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64');
  const plain = fields[name];
  if (plain === undefined || plain === null || typeof plain === 'string') return plain;
  return JSON.stringify(plain);
}

function headersFromJson(headers: unknown): NonNullable<AppendRecord['headers']> {
  if (headers === undefined || headers === null) return [];
  if (!Array.isArray(headers)) throw new Error('headers is not a list');
  return headers.map((header: unknown) => {
    const fields = header as Record<string, unknown> | null;
    if (typeof fields?.['key'] !== 'string') throw new Error('a header has no key');
    return { key: fields['key'], value: bytesFromJson('value', fields) ?? null };
  });
}
