// Owns: the znode tree and sessions again, as plainly as can be: a Map of paths, copied as a whole for each transaction.
// Written from the description of ZooKeeper's operations, not from the code under test. Knows world and digest only.

import type {
  AclEntry,
  Command,
  Identity,
  OperationResult,
  SingleOperation,
} from '../../../src/store/machine/types.ts';

export interface PlainNode {
  data: Uint8Array | null;
  acl: readonly AclEntry[];
  kind: string;
  owner: number;
  ttlMs: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  /** Children ever created. */
  created: number;
  aversion: number;
}

type Client = Extract<Command, { type: 'client' }>;
type Create = Extract<SingleOperation, { type: 'create' }>;

const ANYONE = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

export class ReferenceTree {
  nodes = new Map<string, PlainNode>();
  readonly sessions = new Map<
    number,
    { results: Map<number, OperationResult> | undefined; attachments: number }
  >();
  timeMs = 0;
  tenure = 0;

  constructor() {
    for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      this.nodes.set(path, plainNode({}));
    }
    Object.assign(this.nodes.get('/zookeeper/config')!, {
      aversion: -1,
      acl: [{ ...ANYONE[0], permissions: 1 }],
    });
  }

  childrenOf(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.nodes.keys()].filter(
      (one) => one !== '/' && one.startsWith(prefix) && !one.slice(prefix.length).includes('/'),
    );
  }

  statOf(path: string): object {
    const { data, acl, kind, owner, ttlMs, created, ...stat } = this.nodes.get(path)!;
    const numChildren = this.childrenOf(path).length;
    return {
      ...stat,
      cversion: 2 * created - numChildren,
      dataLength: data?.length ?? 0,
      numChildren,
      ephemeralOwner: owner,
    };
  }

  client(command: Client, zxid: number): OperationResult {
    const session = this.sessions.get(command.session);
    if (session === undefined) return { type: 'error', code: -112 };
    const known = session.results?.get(command.xid);
    if (known !== undefined) return known;
    const result = this.transact(command, zxid);
    session.results?.set(command.xid, result);
    return result;
  }

  endSession(session: number, zxid: number): void {
    for (const [path, node] of this.nodes) if (node.owner === session) this.remove(path, zxid);
    this.sessions.delete(session);
  }

  removeExpired(path: string, zxid: number): void {
    const node = this.nodes.get(path);
    if (node === undefined || this.childrenOf(path).length > 0) return;
    const isDone = node.kind === 'container' && node.created > 0;
    const isOver = node.kind === 'ttl' && this.timeMs > node.mtime + node.ttlMs;
    if (isDone || isOver) this.remove(path, zxid);
  }

  private transact(command: Client, zxid: number): OperationResult {
    const { operation, identities, session } = command;
    if (operation.type !== 'multi') return this.single(operation, identities, session, zxid);
    const copy = structuredClone([...this.nodes]);
    const results: OperationResult[] = [];
    for (const one of operation.operations) {
      const result = this.single(one, identities, session, zxid);
      if (result.type === 'error') {
        this.nodes = new Map(copy);
        const codes = operation.operations.map((_, at) =>
          at < results.length ? 0 : at === results.length ? result.code : -2,
        );
        return { type: 'multi', results: codes.map((code) => ({ type: 'error', code })) };
      }
      results.push(result);
    }
    return { type: 'multi', results };
  }

  private single(
    operation: SingleOperation,
    identities: readonly Identity[],
    session: number,
    zxid: number,
  ): OperationResult {
    const error = (code: number): OperationResult => ({ type: 'error', code });
    const may = (path: string, bit: number) =>
      this.nodes
        .get(path)!
        .acl.some(
          ({ permissions, scheme, id }) =>
            (permissions & bit) !== 0 &&
            (scheme === 'world' || identities.some((who) => who.scheme === scheme && who.id === id)),
        );
    const { path } = operation;
    const above = path.lastIndexOf('/') === 0 ? '/' : path.slice(0, path.lastIndexOf('/'));
    if (operation.type === 'create') {
      if (operation.acl.length === 0) return error(-114);
      if (!this.nodes.has(above)) return error(-101);
      if (!may(above, 4)) return error(-102);
      return this.create(operation, above, session, zxid);
    }
    if (operation.type === 'delete') {
      if (!this.nodes.has(above)) return error(-101);
      if (!may(above, 8)) return error(-102);
    }
    const node = this.nodes.get(path);
    if (operation.type === 'set-acl' && operation.acl.length === 0) return error(-114);
    if (node === undefined) return error(-101);
    const bits = { 'set-data': 2, 'set-acl': 16, check: 1, delete: 0 };
    if (operation.type !== 'delete' && !may(path, bits[operation.type])) return error(-102);
    const present = operation.type === 'set-acl' ? node.aversion : node.version;
    if (operation.version !== -1 && operation.version !== present) return error(-103);
    if (operation.type === 'check') return { type: 'check' };
    if (operation.type === 'delete') {
      if (this.childrenOf(path).length > 0) return error(-111);
      this.remove(path, zxid);
      return { type: 'delete' };
    }
    if (operation.type === 'set-acl')
      Object.assign(node, { acl: operation.acl, aversion: node.aversion + 1 });
    else {
      Object.assign(node, {
        data: operation.data,
        version: node.version + 1,
        mzxid: zxid,
        mtime: this.timeMs,
      });
    }
    return { type: operation.type, stat: this.statOf(path) } as OperationResult;
  }

  private create(operation: Create, above: string, session: number, zxid: number): OperationResult {
    const parent = this.nodes.get(above)!;
    const path = operation.path + (operation.sequential ? String(parent.created).padStart(10, '0') : '');
    if (this.nodes.has(path)) return { type: 'error', code: -110 };
    if (parent.owner !== 0) return { type: 'error', code: -108 };
    parent.created++;
    parent.pzxid = zxid;
    const { node, data, acl } = operation;
    const owner = node.kind === 'ephemeral' ? session : 0;
    const ttlMs = node.kind === 'ttl' ? node.ttlMs : 0;
    const times = { ctime: this.timeMs, mtime: this.timeMs, czxid: zxid, mzxid: zxid, pzxid: zxid };
    this.nodes.set(path, plainNode({ data, acl, kind: node.kind, owner, ttlMs, ...times }));
    return { type: 'create', path, stat: this.statOf(path) } as OperationResult;
  }

  private remove(path: string, zxid: number): void {
    this.nodes.delete(path);
    const above = path.lastIndexOf('/') === 0 ? '/' : path.slice(0, path.lastIndexOf('/'));
    this.nodes.get(above)!.pzxid = zxid;
  }
}

function plainNode(given: Partial<PlainNode>): PlainNode {
  return {
    data: new Uint8Array(0),
    acl: ANYONE,
    kind: 'persistent',
    owner: 0,
    ttlMs: 0,
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    created: 0,
    aversion: 0,
    ...given,
  };
}
