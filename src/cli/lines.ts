// Owns: cutting a stream of bytes into lines. Invariants: bytes are not decoded, so nothing is lost; `\n` and `\r\n` end a
// line; a last line without an end counts; memory holds one chunk and one line, which has a limit.

import { MillraceError } from '../base/errors.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Yields the lines of each chunk together. Throws MR_RECORD_TOO_LARGE for a line of more than `maxBytes`. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array[]> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let lineNumber = 1;
  for await (const chunk of chunks) {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const part = chunk.subarray(start, end);
      lines.push(trimmed(begun.length === 0 ? part : Buffer.concat([...begun, part])));
      begun = [];
      begunBytes = 0;
      lineNumber++;
      start = end + 1;
    }
    if (start < chunk.length) {
      begun.push(chunk.subarray(start));
      begunBytes += chunk.length - start;
    }
    if (lines.length > 0) yield lines;
    if (begunBytes > maxBytes) throw tooLong(lineNumber, maxBytes);
  }
  if (begun.length > 0) yield [trimmed(Buffer.concat(begun))];
}

function trimmed(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function tooLong(lineNumber: number, maxBytes: number): MillraceError {
  return new MillraceError('MR_RECORD_TOO_LARGE', `Line ${lineNumber} is too long for one record.`, {
    expected: `at most ${maxBytes} bytes`,
    got: 'more, and no end of the line',
    next: 'make the topic with a larger --max-record-bytes, or cut the line',
  });
}
