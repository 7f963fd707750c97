// Owns: the second copy of the hard state: two small files that are written in turn. Not here: the first one, in the log.
//
// A write with hard state is acknowledged when it is durable in the log AND THEN in a slot, in this order. So at every
// moment the hard state that was acknowledged last is in the slot with the highest sequence, or that slot is damaged and
// the log has it; and a slot never names a flush that was not durable in the log before. From that follow three things:
//   - Of the copies that can be read the one with the highest sequence is right, wherever it is. It cannot go back: the slot
//     that is being overwritten always is the one with the lower sequence.
//   - A slot with a higher sequence than the end of the log proves that the log has lost something durable.
//   - Only if the log is damaged and a slot cannot be read may something have been promised that nobody remembers.

import { systemCodeOf } from '../../base/errors.ts';
import { type FileSystem, type OpenFile, writeFully } from '../../files/file-system.ts';
import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import {
  closeEnvelope,
  ENVELOPE_BYTES,
  envelopeSize,
  isEnvelope,
  isIntact,
  openEnvelope,
} from '../../paxos/codec/envelope.ts';
import { readHardState, writeHardState } from '../../paxos/codec/record-codec.ts';
import type { HardState } from '../../paxos/effects.ts';
import type { DamagePlace } from './disk-errors.ts';
import { checkHeader, encodeHeader, HEADER_BYTES, type Owner } from './file-header.ts';
import { MAX_HARD_STATE_BYTES } from './flush-format.ts';
import { BLOCK_BYTES } from './sectors.ts';

export const SLOT_NAMES = ['state-a', 'state-b'] as const;
const SLOT_MAGIC = 0xaa;
const SLOT_VERSION = 1;
const GUESS_BYTES = 512;

export interface Slot {
  /** The flush that this hard state was written with. */
  readonly sequence: number;
  /** The segment which that flush is in. */
  readonly segment: number;
  readonly hard: HardState;
}

export type SlotCheck =
  | { readonly slot: Slot; readonly damage: undefined }
  | { readonly slot: undefined; readonly damage: DamagePlace };

/** Reads both. Throws MR_DATA_FORMAT or MR_STORE_FOLDER; rejects with system errors. */
export async function readSlots(fs: FileSystem, folder: string, owner: Owner): Promise<readonly SlotCheck[]> {
  const checks: SlotCheck[] = [];
  for (const name of SLOT_NAMES) checks.push(await readSlot(fs, `${folder}/${name}`, owner));
  return checks;
}

async function readSlot(fs: FileSystem, file: string, owner: Owner): Promise<SlotCheck> {
  const broken = (why: string, offset = HEADER_BYTES): SlotCheck => ({
    slot: undefined,
    damage: { file, offset, why },
  });
  let bytes: Buffer;
  try {
    bytes = await fs.readWhole(file);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return broken('the file is missing', 0);
    if (code === 'EIO') return broken('the disk cannot read it', 0);
    throw error;
  }
  const { damage } = checkHeader(bytes, file, 'state', owner);
  if (damage !== undefined) return { slot: undefined, damage };
  const body = bytes.subarray(HEADER_BYTES);
  const size = body.length < ENVELOPE_BYTES || !isEnvelope(body, 0, SLOT_MAGIC) ? -1 : envelopeSize(body, 0);
  if (size < 0 || size > body.length || !isIntact(body, 0, size))
    return broken('the checksum of the state does not fit');
  const reader = new ByteReader(body, ENVELOPE_BYTES, size);
  const slot = { sequence: reader.varint(), segment: reader.varint(), hard: readHardState(reader) };
  return reader.complete ? { slot, damage: undefined } : broken('the state cannot be understood');
}

export class StateSlots {
  private readonly files: readonly OpenFile[];
  private next: number;

  private constructor(files: readonly OpenFile[], next: number) {
    this.files = files;
    this.next = next;
  }

  /** Opens both files. The first write goes to the one that is unreadable, or has the lower sequence. */
  static async open(
    fs: FileSystem,
    folder: string,
    owner: Owner,
    checks: readonly SlotCheck[],
  ): Promise<StateSlots> {
    const [a, b] = checks.map(({ slot }) => slot?.sequence ?? -1);
    const files: OpenFile[] = [];
    try {
      for (const [index, name] of SLOT_NAMES.entries()) {
        const file = await fs.open(`${folder}/${name}`, 'write');
        files.push(file);
        if (checks[index]?.slot !== undefined) continue;
        await writeFully(file, encodeHeader('state', owner, 0), HEADER_BYTES, 0);
        await file.flush();
      }
      await fs.flushFolder(folder);
      return new StateSlots(files, a! <= b! ? 0 : 1);
    } catch (error) {
      for (const file of files) await file.close();
      throw error;
    }
  }

  /** Durable when it resolves. */
  async write(slot: Slot): Promise<void> {
    const writer = new ByteWriter(GUESS_BYTES, MAX_HARD_STATE_BYTES);
    openEnvelope(writer, SLOT_MAGIC, SLOT_VERSION);
    writer.varint(slot.sequence);
    writer.varint(slot.segment);
    writeHardState(writer, slot.hard);
    const body = closeEnvelope(writer);
    const bytes = Buffer.alloc(Math.ceil(body.length / BLOCK_BYTES) * BLOCK_BYTES);
    bytes.set(body);
    await writeFully(this.files[this.next]!, bytes, bytes.length, HEADER_BYTES, true);
    this.next = 1 - this.next;
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
  }
}
