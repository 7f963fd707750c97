// Owns: playing a transcript of a real ZooKeeper to the state machine and telling where they differ.
// A transcript is a JSON file: each step what a client did and what ZooKeeper 3.9.5 answered, zxids counted from the start
// of the transcript, times left out. Sessions have names; the address of every client is 127.0.0.1.

import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import type { StoreMachine } from '../../../src/store/machine/machine.ts';
import type {
  AclEntry,
  Command,
  CommandResult,
  Identity,
  NodeStat,
  OperationResult,
  SingleOperation,
} from '../../../src/store/machine/types.ts';

type Told = Record<string, unknown>;

interface ToldOperation {
  readonly type: string;
  readonly path: string;
  readonly data: string | null;
  readonly acl: readonly (readonly [number, string, string])[];
  readonly kind: 'persistent' | 'ephemeral' | 'container' | 'ttl';
  readonly ttl: number;
  readonly sequential: boolean;
  readonly version: number;
  readonly operations: readonly ToldOperation[];
}

export interface Step {
  readonly do: 'open' | 'close' | 'auth' | 'op' | 'dump';
  readonly session: string;
  readonly id: string;
  readonly operation: ToldOperation;
  readonly result: Told;
  readonly nodes: readonly (Told & { readonly path: string })[];
}

const PASSWORD = new Uint8Array(16);
const START_MS = 1_700_000_000_000;

export class Replay {
  machine: StoreMachine;
  private readonly sessions = new Map<string, { id: number; identities: Identity[] }>();

  constructor(machine: StoreMachine) {
    this.machine = machine;
  }

  apply(command: Command): CommandResult {
    return this.machine.apply(this.machine.index + 1, encodeCommand(command)).result;
  }

  /** What the machine says to the same step, in the transcript's form. Undefined for steps without an answer. */
  play(step: Step): unknown {
    const timeMs = START_MS + this.machine.index;
    const name = step.session;
    switch (step.do) {
      case 'open': {
        const opened = this.apply({
          type: 'open-session',
          timeMs,
          password: PASSWORD,
          timeoutMs: 30_000,
          keepsResults: false,
        });
        if (opened.type !== 'session-opened') throw new Error('a session opens');
        this.sessions.set(name, { id: opened.session, identities: [{ scheme: 'ip', id: '127.0.0.1' }] });
        return undefined;
      }
      case 'close':
        this.apply({ type: 'close-session', timeMs, session: this.sessions.get(name)!.id });
        return undefined;
      case 'auth':
        this.sessions.get(name)!.identities.push({ scheme: 'digest', id: step.id });
        return undefined;
      case 'op': {
        const { id: session, identities } = this.sessions.get(name)!;
        const { operation: told } = step;
        const operation =
          told.type === 'multi'
            ? ({ type: 'multi', operations: told.operations.map(toOperation) } as const)
            : toOperation(told);
        const result = this.apply({ type: 'client', session, xid: 1, timeMs, identities, operation });
        return { ...this.tell(result as OperationResult), zxid: this.machine.index + 1 };
      }
      case 'dump':
        return step.nodes.map(({ path }) => this.dump(path, this.sessions.get(name)!.identities));
    }
  }

  private tell(result: OperationResult): Told {
    switch (result.type) {
      case 'error':
        return { code: result.code };
      case 'create':
        return { code: 0, path: result.path, stat: this.tellStat(result.stat) };
      case 'set-data':
      case 'set-acl':
        return { code: 0, stat: this.tellStat(result.stat) };
      case 'multi':
        return { code: 0, results: result.results.map((one) => this.tell(one)) };
      default:
        return { code: 0 };
    }
  }

  private tellStat({ ctime, mtime, ephemeralOwner, ...stat }: NodeStat): Told {
    const owner = [...this.sessions].find(([, { id }]) => id === ephemeralOwner)?.[0];
    return { ...stat, owner: owner ?? String(ephemeralOwner) };
  }

  private dump(path: string, identities: readonly Identity[]): Told {
    const { reads } = this.machine;
    const node = reads.node(path);
    const told: Told = { path, code: node === undefined ? -101 : 0, childCode: 0, children: [] };
    if (node === undefined) return { ...told, childCode: -101 };
    const isReadable = reads.allows(path, 1, identities);
    if (!isReadable) return { ...told, code: -102, childCode: -102, ...this.tellAcl(path, identities) };
    const data = node.data === null ? null : new TextDecoder().decode(node.data);
    const children = reads.children(path)!.sort((one, other) => (one < other ? -1 : 1));
    return { ...told, data, stat: this.tellStat(node.stat), children, ...this.tellAcl(path, identities) };
  }

  /** ZooKeeper shows the list to whoever may read or administer. */
  private tellAcl(path: string, identities: readonly Identity[]): Told {
    const { reads } = this.machine;
    if (!reads.allows(path, 17, identities)) return {};
    return {
      acl: reads.shownAcl(path, identities)!.map(({ permissions, scheme, id }) => [permissions, scheme, id]),
    };
  }
}

function toOperation(told: ToldOperation): SingleOperation {
  const { path, version } = told;
  const data = told.data === null || told.data === undefined ? null : new TextEncoder().encode(told.data);
  const acl: AclEntry[] = (told.acl ?? []).map(([permissions, scheme, id]) => ({ permissions, scheme, id }));
  switch (told.type) {
    case 'create': {
      const node = told.kind === 'ttl' ? { kind: told.kind, ttlMs: told.ttl } : { kind: told.kind };
      return { type: 'create', path, data, acl, node, sequential: told.sequential };
    }
    case 'set-data':
      return { type: 'set-data', path, data, version };
    case 'set-acl':
      return { type: 'set-acl', path, acl, version };
    case 'delete':
    case 'check':
      return { type: told.type, path, version };
    default:
      throw new Error(`a transcript has no operation ${told.type}`);
  }
}
