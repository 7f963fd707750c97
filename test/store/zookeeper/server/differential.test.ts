// Owns: our server against a real ZooKeeper: the same requests of three sessions to both, and every reply, code, stat and
// event compared, in order. Times are not; zxids and session ids are numbered by their first appearance.

import { describe, expect, it } from 'vitest';
import { XIDS } from '../../../../src/store/zookeeper/protocol/op-codes.ts';
import type { Request } from '../../../../src/store/zookeeper/protocol/requests.ts';
import { useZooKeeper } from '../../../services/use-zookeeper.ts';
import { RandomRequests } from './random-requests.ts';
import { useEnsembles } from './stores.ts';
import { type Seen, WireClient } from './wire-client.ts';

const zookeeper = useZooKeeper();
const start = useEnsembles();

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const STEPS = 400;
const SESSIONS = 3;
const WRITES: ReadonlySet<string> = new Set([
  'create',
  'create2',
  'createContainer',
  'createTTL',
  'delete',
  'setData',
  'setACL',
  'multi',
]);
const OPEN = [{ permissions: 31, scheme: 'world', id: 'anyone' }];

/** What can be compared: zxids and session ids by the order in which they were first seen, no times, children sorted. */
class Comparable {
  private readonly names = new Map<string, string>();

  of(seen: readonly Seen[]): unknown {
    return seen.map((one) => {
      const { header, ...rest } = one;
      // Of what changes nothing, the zxid says how much else was decided, for example that sessions came back.
      const op = 'response' in one ? one.response?.op : undefined;
      const isRead = header.xid < XIDS.watcherEvent || (op !== undefined && !WRITES.has(op));
      return this.shape({
        header: isRead || header.err !== 0 ? { ...header, zxid: Math.min(header.zxid, 0) } : header,
        ...rest,
      });
    });
  }

  private name(kind: string, value: unknown): string {
    const key = `${kind}${value}`;
    const known = this.names.get(key) ?? `${kind}#${this.names.size}`;
    this.names.set(key, known);
    return known;
  }

  private shape(value: unknown, key = ''): unknown {
    if (/time$/.test(key)) return 'time';
    if (key === 'ephemeralOwner') return value === 0n ? 0 : this.name('session', value);
    if (/zxid$/.test(key) && typeof value === 'number' && value > 0) return this.name('zxid', value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (Array.isArray(value)) {
      const items = value.map((item) => this.shape(item));
      return ['children', 'identities', 'paths'].includes(key)
        ? items.map((item) => JSON.stringify(item)).sort()
        : items;
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.shape(item, name)]));
  }
}

class Side {
  readonly comparable = new Comparable();
  private readonly server: string;
  private readonly clients: WireClient[] = [];
  private zxid = 0;
  /** That of the state after each step. */
  private readonly zxids: number[] = [];

  constructor(server: string) {
    this.server = server;
  }

  async open(): Promise<void> {
    for (let i = 0; i < SESSIONS; i++) this.clients.push(await WireClient.open(this.server));
  }

  async ask(who: number, request: Request, xid?: number): Promise<unknown> {
    const client = this.clients[who]!;
    const seen = [this.comparable.of(await client.ask(request, xid))];
    for (const one of this.clients) {
      const more = one.isClosed ? one.take() : await one.settle();
      seen.push(this.comparable.of(more));
      this.zxid = Math.max(this.zxid, ...more.map(({ header }) => header.zxid));
    }
    this.zxids.push(this.zxid);
    return { seen, closed: client.isClosed };
  }

  /** A session ends, or its connection, and begins again. */
  async again(
    who: number,
    how: 'new' | 'back',
    stepsAgo: number,
    watches: (zxid: number) => Request,
  ): Promise<unknown> {
    const before = this.clients[who]!;
    const seen = how === 'new' && !before.isClosed ? await before.ask({ op: 'closeSession' }) : [];
    before.close();
    const { sessionId, password } = before.session;
    const client = await WireClient.open(this.server, how === 'new' ? {} : { sessionId, password });
    this.clients[who] = client;
    const isSame = client.session.sessionId === sessionId;
    const relative = this.zxids.at(-1 - stepsAgo) ?? 0;
    const more = how === 'back' ? await this.ask(who, watches(relative), XIDS.setWatches) : [];
    return { seen: this.comparable.of(seen), isSame, timeout: client.session.timeoutMs, more };
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

async function compare(
  one: Side,
  other: Side,
  what: string,
  run: (side: Side) => Promise<unknown>,
): Promise<void> {
  const [expected, got] = [await run(one), await run(other)];
  expect(got, what).toEqual(expected);
}

describe('as a real ZooKeeper', () => {
  it('in every reply, code, stat and event', async () => {
    const { servers } = await start();
    // Both go through the same seeds, so that what one leaves behind is there for the next on both sides.
    for (const seed of SEEDS) await runSeed(seed, zookeeper().servers[0]!, servers[0]!);
  }, 300_000);
});

async function runSeed(seed: number, realServer: string, ourServer: string): Promise<void> {
  const real = new Side(realServer);
  const ours = new Side(ourServer);
  const root = `/run${seed}`;
  const requests = new RandomRequests(seed, root);
  try {
    for (const side of [real, ours]) await side.open();
    const create = { op: 'create', path: root, data: null, acl: OPEN, flags: 0, ttlMs: 0 } as const;
    await compare(real, ours, 'root', (side) => side.ask(0, create));
    for (let step = 0; step < STEPS; step++)
      await oneStep(requests, real, ours, `seed ${seed}, step ${step}`);
  } finally {
    real.close();
    ours.close();
  }
}

async function oneStep(requests: RandomRequests, real: Side, ours: Side, where: string): Promise<void> {
  const who = requests.below(SESSIONS);
  const what = requests.below(60);
  if (what < 2) {
    const how = what === 0 ? 'new' : 'back';
    const armed = requests.setWatches(0);
    const stepsAgo = requests.below(8);
    const watches = (relativeZxid: number): Request => ({ ...armed, relativeZxid }) as Request;
    await compare(real, ours, `${where}: session ${who} ${how}`, (side) =>
      side.again(who, how, stepsAgo, watches),
    );
  } else if (what === 2) {
    const auth = new TextEncoder().encode(['ada:secret', 'bob:secret', 'x'][requests.below(3)]!);
    await compare(real, ours, `${where}: auth`, (side) =>
      side.ask(who, { op: 'auth', scheme: 'digest', auth }, XIDS.auth),
    );
  } else {
    const request = requests.next();
    const text = `${where}: session ${who} ${JSON.stringify(request)}`;
    await compare(real, ours, text, (side) => side.ask(who, request));
  }
}
