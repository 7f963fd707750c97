// Owns: putting back the state that a snapshot holds. Not here: the bytes of the parts (snapshot-records.ts), files and
// their checksums (disk/).
// Invariants: nodes get the slots that they had, so that parents are found in whatever order the records come; at the end
// the hash of what was put back is the one that was written, or it is an assertion: the bytes were checksummed, so nothing
// but a mistake of ours can make them differ.

import { assert } from '../../base/assert.ts';
import { ByteReader } from '../../paxos/codec/byte-reader.ts';
import { readAclEntry, readBytes, readList, readOptional, readText } from './field-codec.ts';
import type { MachineState } from './machine-state.ts';
import { NUMBER, WORD } from './node-slab.ts';
import { ROOT } from './node-store.ts';
import {
  RECORD,
  readHeader,
  readLane,
  readSession,
  SNAPSHOT_VERSION,
  type SnapshotHeader,
} from './snapshot-records.ts';
import type { AclEntry } from './types.ts';

const LENGTH_BYTES = 4;

export class SnapshotLoader {
  private readonly state: MachineState;
  private readonly acls = new Map<number, readonly AclEntry[]>();
  private header: SnapshotHeader | undefined;
  private rest: Uint8Array = new Uint8Array(0);
  private restSize = 0;
  private hasEnd = false;

  /** `state`: nothing is in it yet. */
  constructor(state: MachineState) {
    this.state = state;
  }

  /** The next chunk. Nothing of it is kept. */
  push(chunk: Uint8Array): void {
    this.keep(chunk);
    const bytes = this.rest.subarray(0, this.restSize);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + view.getUint32(at, true);
      if (end > bytes.length) break;
      this.read(new ByteReader(bytes, at + LENGTH_BYTES, end));
      at = end;
    }
    this.rest.copyWithin(0, at, this.restSize);
    this.restSize -= at;
  }

  /** After the last chunk: the state, complete. */
  finish(): MachineState {
    const { state, header } = this;
    assert(
      header !== undefined && this.hasEnd && this.restSize === 0,
      'a snapshot is read from its header to its end',
    );
    this.attachNodes();
    state.quotas.rescan();
    state.index = header.index;
    state.timeMs = header.timeMs;
    state.tenure = header.tenure;
    state.lanes.lastEpoch = header.lastEpoch;
    const checksum = state.checksum();
    assert(
      checksum === header.checksum,
      `a snapshot is put back with hash ${header.checksum}, not ${checksum}`,
    );
    return state;
  }

  private keep(chunk: Uint8Array): void {
    const size = this.restSize + chunk.length;
    if (size > this.rest.length) {
      const larger = new Uint8Array(size * 2);
      larger.set(this.rest.subarray(0, this.restSize));
      this.rest = larger;
    }
    this.rest.set(chunk, this.restSize);
    this.restSize = size;
  }

  private read(reader: ByteReader): void {
    assert(!this.hasEnd, 'nothing follows the end of a snapshot');
    const tag = reader.u8();
    switch (tag) {
      case RECORD.header: {
        const version = reader.u8();
        assert(version === SNAPSHOT_VERSION, `snapshots are in format ${SNAPSHOT_VERSION}, not ${version}`);
        this.header = readHeader(reader);
        break;
      }
      case RECORD.acl:
        this.acls.set(reader.varint(), readList(reader, readAclEntry));
        break;
      case RECORD.node:
        this.readNode(reader);
        break;
      case RECORD.session:
        this.state.sessions.add(readSession(reader));
        break;
      case RECORD.lane:
        this.state.lanes.restore(readLane(reader));
        break;
      case RECORD.leaf:
        this.readLeaf(reader);
        break;
      case RECORD.end:
        this.hasEnd = true;
        break;
      default:
        reader.fail();
    }
    assert(reader.complete, `a record of a snapshot can be read to its end (tag ${tag})`);
  }

  private readNode(reader: ByteReader): void {
    const { nodes, names, acls } = this.state.tree.store;
    const slot = reader.varint();
    nodes.place(slot);
    nodes.setWord(slot, WORD.parent, reader.varint());
    const name = readText(reader);
    if (slot !== ROOT) names.store(slot, name);
    for (let field: number = NUMBER.czxid; field <= NUMBER.owner; field++) {
      nodes.setNumber(slot, field, reader.signed());
    }
    nodes.setWord(slot, WORD.version, reader.signed());
    nodes.setWord(slot, WORD.cversion, reader.signed());
    nodes.setWord(slot, WORD.aversion, reader.signed());
    const acl = this.acls.get(reader.varint());
    assert(acl !== undefined, 'an access control list comes before the first node that has it');
    nodes.setWord(slot, WORD.acl, acls.acquire(acl));
    this.state.tree.store.storeData(slot, readOptional(reader));
  }

  private readLeaf(reader: ByteReader): void {
    const app = readText(reader);
    const lane = reader.varint();
    const table = readText(reader);
    const entries: { key: Uint8Array; value: Uint8Array }[] = [];
    for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
      const keyLength = reader.varint();
      const bytes = readBytes(reader);
      entries.push({ key: bytes.subarray(0, keyLength), value: bytes.subarray(keyLength) });
    }
    this.state.tables.update({ app, lane, table }, entries);
  }

  /** Parents first. */
  private attachNodes(): void {
    const { store } = this.state.tree;
    const { nodes } = store;
    nodes.collectFree();
    const isAttached = new Uint8Array(nodes.limit);
    const path: number[] = [];
    for (let slot = 0; slot < nodes.limit; slot++) {
      if (!nodes.isLive(slot)) continue;
      for (let at = slot; isAttached[at] === 0; at = nodes.word(at, WORD.parent)) {
        assert(nodes.isLive(at), 'the parent of a node is in the snapshot');
        path.push(at);
        isAttached[at] = 1;
      }
      for (let at = path.pop(); at !== undefined; at = path.pop()) store.attach(at);
    }
  }
}
