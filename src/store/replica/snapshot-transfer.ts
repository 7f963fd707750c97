// Owns: bringing a snapshot from another replica here, piece by piece, and handing out pieces of the own one. Not here:
// the files (disk/), when a snapshot is wanted and when it comes into use (the core).
// Invariants: one transfer is under way at a time; a piece is kept only if it is the next one; whatever is lost is asked
// for again; if the other replica has a newer snapshot meanwhile, the transfer starts over with that.

import type { Logger } from '../../base/logger.ts';
import type { ReplicaId } from '../../paxos/ballot.ts';
import { REPLICA_LIMITS } from './limits.ts';
import type { IncomingSnapshot, LinkMessage, StoreDisk, StoredSnapshot } from './ports.ts';

type Piece = Extract<LinkMessage, { kind: 'snapshot-bytes' }>;
type Request = Extract<LinkMessage, { kind: 'snapshot-request' }>;

interface Transfer {
  readonly from: ReplicaId;
  readonly wanted: number;
  /** Undefined before the first piece has told which snapshot it is. */
  incoming: IncomingSnapshot | undefined;
  index: number;
  /** A piece is being written. */
  busy: boolean;
  idleTicks: number;
}

/** Ticks without a piece before it is asked for again, and before the transfer is given up. */
const ASK_AGAIN_TICKS = 10;
const GIVE_UP_TICKS = 200;

export class SnapshotTransfer {
  private readonly disk: StoreDisk;
  private readonly logger: Logger;
  private readonly send: (to: ReplicaId, message: LinkMessage) => void;
  private readonly onStaged: (snapshot: StoredSnapshot) => void;
  private transfer: Transfer | undefined;

  constructor(
    { disk, logger }: { readonly disk: StoreDisk; readonly logger: Logger },
    send: (to: ReplicaId, message: LinkMessage) => void,
    onStaged: (snapshot: StoredSnapshot) => void,
  ) {
    this.disk = disk;
    this.logger = logger;
    this.send = send;
    this.onStaged = onStaged;
  }

  /** A snapshot of at least `index` entries is wanted. Nothing happens if one is on its way. */
  fetch(from: ReplicaId, index: number): void {
    if (this.transfer !== undefined && this.transfer.wanted >= index) return;
    this.close();
    this.transfer = { from, wanted: index, incoming: undefined, index: 0, busy: false, idleTicks: 0 };
    this.ask(this.transfer);
  }

  tick(): void {
    const { transfer } = this;
    if (transfer === undefined || transfer.busy) return;
    transfer.idleTicks++;
    if (transfer.idleTicks >= GIVE_UP_TICKS) this.close();
    else if (transfer.idleTicks % ASK_AGAIN_TICKS === 0) this.ask(transfer);
  }

  private ask({ from, index, wanted, incoming }: Transfer): void {
    this.send(from, {
      kind: 'snapshot-request',
      index: Math.max(index, wanted),
      offset: incoming?.offset ?? 0,
    });
  }

  onPiece(from: ReplicaId, piece: Piece): void {
    const { transfer } = this;
    if (transfer === undefined || transfer.busy || transfer.from !== from || piece.index < transfer.wanted)
      return;
    transfer.idleTicks = 0;
    transfer.busy = true;
    this.take(transfer, piece).then(
      () => {
        transfer.busy = false;
      },
      (error: unknown) => {
        this.logger.warn(
          { error, index: piece.index, from },
          'a snapshot from another replica was not taken',
        );
        if (this.transfer === transfer) this.transfer = undefined;
      },
    );
  }

  private async take(transfer: Transfer, { index, total, offset, bytes }: Piece): Promise<void> {
    if (transfer.index !== index) {
      await transfer.incoming?.close();
      transfer.incoming = await this.disk.receiveSnapshot(index);
      transfer.index = index;
    }
    const incoming = transfer.incoming!;
    if (offset === incoming.offset && bytes.length > 0) await incoming.write(bytes, offset);
    if (this.transfer !== transfer) {
      await incoming.close();
      return;
    }
    if (incoming.offset < total) {
      this.ask(transfer);
      return;
    }
    const snapshot = await incoming.finish();
    if (this.transfer !== transfer) return;
    this.transfer = undefined;
    this.onStaged(snapshot);
  }

  /** What cannot be read is not answered: the other asks again, or someone else. */
  async onRequest(from: ReplicaId, { index, offset }: Request): Promise<void> {
    const { snapshot } = this.disk;
    if (snapshot === undefined || snapshot.index < index || snapshot.index === 0) return;
    const start = snapshot.index === index ? offset : 0;
    const bytes = await this.disk.readSnapshotFile(snapshot, start, REPLICA_LIMITS.snapshotPieceBytes);
    const { index: newest, bytes: total } = snapshot;
    this.send(from, { kind: 'snapshot-bytes', index: newest, total, offset: start, bytes });
  }

  close(): void {
    const { transfer } = this;
    this.transfer = undefined;
    if (transfer?.incoming !== undefined && !transfer.busy) void transfer.incoming.close().catch(() => {});
  }
}
