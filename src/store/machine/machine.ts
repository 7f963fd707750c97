// Owns: the replicated state machine: entries of the log in, results and changes out. Not here: the state (machine-state.ts),
// what operations do (operations.ts, lanes.ts), who decides entries, who watches.
// Invariants: pure and deterministic: what comes of an entry depends on the entries before it and nothing else, so replicas
// that applied the same entries have the same state and the same hash. Time never goes back, whatever a proposer says.

import { assert } from '../../base/assert.ts';
import { decodeCommand } from './command-codec.ts';
import { MachineReads } from './machine-reads.ts';
import { type MachineOptions, MachineState } from './machine-state.ts';
import { isRemovable } from './node-expiry.ts';
import { type OperationContext, Operations, refusal } from './operations.ts';
import { RESULT } from './result-codes.ts';
import type { Session } from './sessions.ts';
import { SnapshotLoader } from './snapshot-loader.ts';
import { SNAPSHOT_CHUNK_BYTES, SnapshotWriter } from './snapshot-writer.ts';
import { applyMulti } from './transactions.ts';
import type { Applied, Change, Command, CommandResult, OperationResult, SessionId } from './types.ts';

type Client = Extract<Command, { type: 'client' }>;

export class StoreMachine {
  /** What can be asked without changing anything. */
  readonly reads: MachineReads;
  private readonly state: MachineState;
  private readonly operations: Operations;
  private snapshots = 0;
  private snapshot: SnapshotWriter | null = null;

  private constructor(state: MachineState) {
    this.state = state;
    this.reads = new MachineReads(state);
    this.operations = new Operations(state.tree, state.quotas);
  }

  /** Before the first entry. */
  static empty(options: MachineOptions = {}): StoreMachine {
    const state = new MachineState(options);
    state.plant();
    return new StoreMachine(state);
  }

  /** Reads a snapshot piece by piece: `push` each in order, then `finish`. */
  static loader(options: MachineOptions = {}): { push(chunk: Uint8Array): void; finish(): StoreMachine } {
    const loader = new SnapshotLoader(new MachineState(options));
    return {
      push: (chunk) => loader.push(chunk),
      finish: () => new StoreMachine(loader.finish()),
    };
  }

  static restore(chunks: Iterable<Uint8Array>, options: MachineOptions = {}): StoreMachine {
    const loader = StoreMachine.loader(options);
    for (const chunk of chunks) loader.push(chunk);
    return loader.finish();
  }

  /** The last entry applied, or -1. */
  get index(): number {
    return this.state.index;
  }

  /** 16 hexadecimal digits; replicas at the same `index` compare it. */
  hash(): string {
    return this.state.checksum();
  }

  /**
   * Applies the entry at `index`, which is above all before. Entries that are not for the machine (new configurations)
   * leave gaps. Nothing of `bytes` is kept.
   */
  apply(index: number, bytes: Uint8Array): Applied {
    const { state } = this;
    assert(index > state.index, `entries are applied in order: ${index} comes after ${state.index}`);
    state.index = index;
    const zxid = index + 1;
    const command = decodeCommand(bytes);
    state.timeMs = Math.max(state.timeMs, command.timeMs);
    const changes: Change[] = [];
    return { zxid, result: this.execute(command, zxid, changes), changes };
  }

  /**
   * The state as it is when the first chunk is asked for, as a stream that may be read while entries go on being applied:
   * what they change is written out first. One at a time; the next may begin when this one is read to its end or `return`
   * was called on it. No chunk is longer than `chunkBytes`.
   */
  *sections(chunkBytes: number = SNAPSHOT_CHUNK_BYTES): Generator<Uint8Array> {
    assert(this.snapshot === null, 'one snapshot is taken at a time');
    const writer = new SnapshotWriter(this.state, ++this.snapshots, chunkBytes);
    this.snapshot = writer;
    this.observe(writer);
    try {
      yield* writer.chunks();
    } finally {
      this.snapshot = null;
      this.observe(null);
    }
  }

  private execute(command: Command, zxid: number, changes: Change[]): CommandResult {
    const { state } = this;
    switch (command.type) {
      case 'client':
        return this.client(command, zxid, changes);
      case 'open-session': {
        const { password, timeoutMs, keepsResults } = command;
        const fresh = { attachments: 0, results: new Map(), forgotten: -1 };
        state.sessions.add({ id: zxid, password: password.slice(), timeoutMs, keepsResults, ...fresh });
        return { type: 'session-opened', session: zxid, timeoutMs };
      }
      case 'attach-session': {
        const session = state.sessions.attach(command.session, command.password);
        if (session === undefined) return refusal(RESULT.SESSIONEXPIRED);
        return { type: 'session-attached', timeoutMs: session.timeoutMs };
      }
      case 'close-session':
        return this.endSession(state.sessions.get(command.session), zxid, changes);
      case 'expire-session': {
        const session = state.sessions.get(command.session);
        const isDue = command.tenure === state.tenure && command.attachments === session?.attachments;
        return isDue ? this.endSession(session, zxid, changes) : { type: 'done' };
      }
      case 'tenure':
        state.tenure = Math.max(state.tenure, command.tenure);
        return { type: 'done' };
      case 'remove-expired-nodes':
        for (const path of command.paths) this.removeExpired(path, zxid, changes);
        return { type: 'done' };
      case 'lane':
        if (this.isGone(command.session)) return refusal(RESULT.SESSIONEXPIRED);
        return state.lanes.apply(command.request, changes);
    }
  }

  private client(command: Client, zxid: number, changes: Change[]): OperationResult {
    const { sessions, timeMs } = this.state;
    const { xid, identities } = command;
    const session = sessions.get(command.session);
    if (session === undefined) return refusal(RESULT.SESSIONEXPIRED);
    const context = { session: session.id, identities, zxid, timeMs, changes };
    if (!session.keepsResults) return this.operate(context, command);
    const stored = session.results.get(xid);
    if (stored !== undefined) return stored.result;
    if (xid <= session.forgotten) return refusal(RESULT.SYSTEMERROR);
    const result = this.operate(context, command);
    sessions.keep(session, xid, zxid, result);
    return result;
  }

  private operate(context: OperationContext, { operation }: Client): OperationResult {
    if (operation.type !== 'multi') return this.operations.apply(context, operation);
    return applyMulti(this.state.tree, this.operations, context, operation);
  }

  /** Its ephemeral nodes go with it, in the order of their paths, which is the same in all replicas. */
  private endSession(session: Session | undefined, zxid: number, changes: Change[]): CommandResult {
    if (session === undefined) return refusal(RESULT.SESSIONEXPIRED);
    const { tree, sessions } = this.state;
    const { names, kinds } = tree.store;
    const nodes = [...kinds.ephemeralsOf(session.id)].map((slot) => [names.pathOf(slot), slot] as const);
    nodes.sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [path, slot] of nodes) this.operations.removeNode(slot, path, zxid, changes);
    sessions.end(session);
    changes.push({ type: 'session-ended', session: session.id });
    return { type: 'session-closed' };
  }

  private removeExpired(path: string, zxid: number, changes: Change[]): void {
    const { tree, timeMs } = this.state;
    const slot = tree.find(path);
    if (slot >= 0 && isRemovable(tree, slot, timeMs)) {
      this.operations.removeNode(slot, path, zxid, changes);
    }
  }

  /** Session 0 stands for the engine itself, which needs none to reach its lanes. */
  private isGone(session: SessionId): boolean {
    return session !== 0 && this.state.sessions.get(session) === undefined;
  }

  private observe(writer: SnapshotWriter | null): void {
    this.state.tree.observer = writer;
    this.state.sessions.observer = writer;
    this.state.lanes.observer = writer;
    this.state.tables.observer = writer;
  }
}
