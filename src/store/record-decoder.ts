// Owns: the content of checkpoint records on the way in: the payload of a frame, applied to an image. The form is that
// of record-encoder.ts. The checksum was right when this code runs, so a payload that makes no sense was written so.

import { type CheckpointImage, setEntry } from './checkpoint-image.ts';
import { OP } from './record-encoder.ts';

/** Applies one frame. Throws RangeError for a payload that makes no sense; the image must not be used then. */
export function applyPayload(image: CheckpointImage, payload: Buffer): void {
  const reader = new PayloadReader(payload);
  let table: Map<string, string> | null = null;
  while (!reader.done) {
    const op = reader.byte();
    const text = reader.text();
    switch (op) {
      case OP.set:
        setEntry(entriesOf(table), text, reader.text());
        break;
      case OP.delete:
        setEntry(entriesOf(table), text, null);
        break;
      case OP.table:
        table = image.table(text, reader.number(), reader.text());
        break;
      case OP.position:
        image.setPosition(text, reader.number(), reader.number());
        break;
      case OP.dropComponent:
        image.dropState(text, null);
        break;
      case OP.dropState:
        image.dropState(text, reader.text());
        break;
      case OP.parallelism:
        image.parallelism.set(text, reader.number());
        break;
      case OP.setMeta:
        image.setMeta(text, reader.text());
        break;
      case OP.deleteMeta:
        image.setMeta(text, null);
        break;
      default:
        throw new RangeError(`there is no operation ${op}`);
    }
  }
}

function entriesOf(table: Map<string, string> | null): Map<string, string> {
  if (table === null) throw new RangeError('an entry comes before the name of its table');
  return table;
}

class PayloadReader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('the record ends too early');
    return byte;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('a number is too large');
    return value;
  }

  text(): string {
    const length = this.number();
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('the record ends too early');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }
}
