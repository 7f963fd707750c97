// Owns: writing the state of one moment as a stream of chunks while the state goes on changing. Not here: the bytes of the
// parts (snapshot-records.ts), files.
// Invariants: every part is written once, as it was at the moment the snapshot began. The writer walks through the parts;
// before a part that it has not reached is changed, it is written out of turn (copy before write, so there is no pause in
// which all is copied). What came into being later is passed over: nodes by their czxid, leaves by their mark, sessions
// and lanes because they are not on the list.

import { ByteWriter } from '../../paxos/codec/byte-writer.ts';
import { writeAclEntry, writeBytes, writeList, writeOptional, writeText } from './field-codec.ts';
import type { LaneImage, LaneState } from './lane-state.ts';
import type { LaneObserver } from './lanes.ts';
import type { MachineState } from './machine-state.ts';
import { NUMBER, WORD } from './node-slab.ts';
import type { LeafObserver, OrderedTable } from './ordered-table.ts';
import type { Session, SessionObserver } from './sessions.ts';
import { RECORD, type SessionImage, writeHeader, writeLane, writeSession } from './snapshot-records.ts';
import type { TableLeaf } from './table-leaf.ts';
import type { NodeObserver, ZnodeTree } from './znode-tree.ts';

/** What a chunk usually holds at most. One takes about a millisecond to fill. */
export const SNAPSHOT_CHUNK_BYTES = 65_536;
/** A record may be this long: a node's data or a leaf of large values is never cut in the writer, only in the stream. */
const MAX_WRITER_BYTES = 2 ** 31;
/** Steps of the walk over slots that hold no node, after which it looks whether a chunk is full. */
const WALK = 1_024;

export class SnapshotWriter implements NodeObserver, SessionObserver, LaneObserver, LeafObserver {
  readonly snapshot: number;
  private readonly tree: ZnodeTree;
  private readonly zxid: number;
  private readonly nodeLimit: number;
  /** One bit per slot: written out of turn. */
  private readonly written: Uint8Array;
  /** All slots below are written. */
  private cursor = 0;
  private readonly aclsWritten = new Set<number>();
  private readonly sessions: Set<Session>;
  private readonly lanes: Set<LaneState>;
  private readonly leaves: (readonly [OrderedTable, TableLeaf])[];
  /** Parts that changed before their turn: as they were. Their content never changes, so writing can wait. */
  private readonly frozen: (SessionImage | LaneImage)[] = [];
  private readonly full: Uint8Array[] = [];
  private readonly chunkBytes: number;
  private writer: ByteWriter;

  /** `snapshot`: its number, 1 or higher, different from all before. */
  constructor(state: MachineState, snapshot: number, chunkBytes: number) {
    this.chunkBytes = chunkBytes;
    this.writer = newWriter(chunkBytes);
    this.snapshot = snapshot;
    this.tree = state.tree;
    this.zxid = state.index + 1;
    this.nodeLimit = state.tree.store.nodes.limit;
    this.written = new Uint8Array((this.nodeLimit >>> 3) + 1);
    this.sessions = new Set(state.sessions.values());
    this.lanes = new Set(state.lanes.values());
    this.leaves = [...state.tables.values()].map((table) => [table, table.firstLeaf] as const);
    const { index, timeMs, tenure } = state;
    const header = { index, timeMs, tenure, lastEpoch: state.lanes.lastEpoch, checksum: state.checksum() };
    this.record(RECORD.header, (writer) => writeHeader(writer, header));
  }

  *chunks(): Generator<Uint8Array> {
    while (this.step()) yield* this.take();
    this.record(RECORD.end, () => {});
    this.cut();
    yield* this.take();
  }

  beforeNode(slot: number): void {
    if (slot < this.cursor || slot >= this.nodeLimit || this.isPassed(slot)) return;
    this.written[slot >>> 3]! |= 1 << (slot & 7);
    this.writeNode(slot);
  }

  beforeSession(session: Session): void {
    if (this.sessions.delete(session)) this.frozen.push(imageOf(session));
  }

  beforeLane(lane: LaneState): void {
    if (this.lanes.delete(lane)) this.frozen.push(lane.image());
  }

  beforeLeaf(table: OrderedTable, leaf: TableLeaf): void {
    if (leaf.savedIn === this.snapshot) return;
    leaf.savedIn = this.snapshot;
    this.writeLeaf(table, leaf);
  }

  /** Writes some more. False when all is written. */
  private step(): boolean {
    const frozen = this.frozen.pop();
    if (frozen !== undefined) {
      this.writeFrozen(frozen);
      return true;
    }
    if (this.cursor < this.nodeLimit) {
      this.walk();
      return true;
    }
    for (const session of this.sessions) {
      this.beforeSession(session);
      return true;
    }
    for (const lane of this.lanes) {
      this.beforeLane(lane);
      return true;
    }
    return this.stepTables();
  }

  private walk(): void {
    const end = Math.min(this.nodeLimit, this.cursor + WALK);
    const { length } = this.full;
    while (this.cursor < end && this.full.length === length) {
      const slot = this.cursor++;
      if (this.tree.store.nodes.isLive(slot) && !this.isPassed(slot)) this.writeNode(slot);
    }
  }

  private stepTables(): boolean {
    const place = this.leaves.pop();
    if (place === undefined) return false;
    const [table, leaf] = place;
    this.beforeLeaf(table, leaf);
    if (leaf.next !== null) this.leaves.push([table, leaf.next]);
    return true;
  }

  /** True if the node was written already or was not there when the snapshot began. */
  private isPassed(slot: number): boolean {
    if ((this.written[slot >>> 3]! & (1 << (slot & 7))) !== 0) return true;
    return this.tree.store.nodes.number(slot, NUMBER.czxid) > this.zxid;
  }

  private writeNode(slot: number): void {
    const { nodes, names } = this.tree.store;
    const acl = nodes.word(slot, WORD.acl);
    if (!this.aclsWritten.has(acl)) {
      this.aclsWritten.add(acl);
      this.record(RECORD.acl, (writer) => {
        writer.varint(acl);
        writeList(writer, this.tree.aclOf(slot), writeAclEntry);
      });
    }
    this.record(RECORD.node, (writer) => {
      writer.varint(slot);
      writer.varint(nodes.word(slot, WORD.parent));
      writeText(writer, slot === 0 ? '' : names.nameOf(slot));
      for (let field: number = NUMBER.czxid; field <= NUMBER.owner; field++) {
        writer.signed(nodes.number(slot, field));
      }
      writer.signed(nodes.word(slot, WORD.version));
      writer.signed(nodes.word(slot, WORD.cversion));
      writer.signed(nodes.word(slot, WORD.aversion));
      writer.varint(acl);
      writeOptional(writer, this.tree.dataOf(slot));
    });
  }

  private writeFrozen(image: SessionImage | LaneImage): void {
    if ('password' in image) this.record(RECORD.session, (writer) => writeSession(writer, image));
    else this.record(RECORD.lane, (writer) => writeLane(writer, image));
  }

  private writeLeaf({ name }: OrderedTable, leaf: TableLeaf): void {
    if (leaf.count === 0) return;
    this.record(RECORD.leaf, (writer) => {
      writeText(writer, name.app);
      writer.varint(name.lane);
      writeText(writer, name.table);
      writer.varint(leaf.count);
      for (let at = 0; at < leaf.count; at++) {
        writer.varint(leaf.keyLengths[at]!);
        writeBytes(writer, leaf.bytes.subarray(leaf.starts[at]!, leaf.starts[at + 1]!));
      }
    });
  }

  private record(tag: number, write: (writer: ByteWriter) => void): void {
    const { writer } = this;
    const start = writer.length;
    writer.u32(0);
    writer.u8(tag);
    write(writer);
    writer.setU32(start, writer.length - start - 4);
    if (writer.length >= this.chunkBytes) this.cut();
  }

  private cut(): void {
    const bytes = this.writer.finish();
    this.writer = newWriter(this.chunkBytes);
    for (let at = 0; at < bytes.length; at += this.chunkBytes) {
      this.full.push(bytes.subarray(at, Math.min(bytes.length, at + this.chunkBytes)));
    }
  }

  private *take(): Generator<Uint8Array> {
    for (let chunk = this.full.shift(); chunk !== undefined; chunk = this.full.shift()) yield chunk;
  }
}

function newWriter(chunkBytes: number): ByteWriter {
  return new ByteWriter(chunkBytes + 1_024, MAX_WRITER_BYTES);
}

function imageOf(session: Session): SessionImage {
  return { ...session, results: [...session.results] };
}
