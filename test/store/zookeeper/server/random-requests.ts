// Owns: random requests that meet each other: few paths, few versions, every operation. Same seed, same requests.

import { Sfc32 } from '../../../../src/base/random.ts';
import { ANY_VERSION } from '../../../../src/store/zookeeper/protocol/numbers.ts';
import type { MultiOperationRequest, Request } from '../../../../src/store/zookeeper/protocol/requests.ts';

const NAMES = ['/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/1', '/a/x/2', '/b/x/1', '/c'];
const ODD = [
  '',
  'a',
  '/a/',
  '//a',
  '/a/../b',
  '/a/./b',
  '/a\u0000',
  '/a\u0001',
  '/zookeeper',
  '/zookeeper/quota',
  '/',
  '/a/x/1/deep/er',
  '/ü',
];
const OPEN = [{ permissions: 31, scheme: 'world', id: 'anyone' }];
/** The hashes of ada:secret and bob:secret. */
const ADA = 'ada:VTFFY3p38X0IKhZgzUit6nGpbgY=';
const LISTS = [
  OPEN,
  OPEN,
  OPEN,
  [{ permissions: 1, scheme: 'world', id: 'anyone' }],
  [{ permissions: 31, scheme: 'auth', id: '' }],
  [{ permissions: 31, scheme: 'digest', id: ADA }],
  [
    { permissions: 31, scheme: 'digest', id: ADA },
    { permissions: 1, scheme: 'world', id: 'anyone' },
  ],
  [{ permissions: 30, scheme: 'world', id: 'anyone' }],
  [{ permissions: 31, scheme: 'ip', id: '127.0.0.1' }],
  [{ permissions: 31, scheme: 'ip', id: '10.0.0.0/8' }],
  [],
  [{ permissions: 31, scheme: 'nonsense', id: 'x' }],
  [{ permissions: 31, scheme: 'digest', id: 'nocolon' }],
];

export class RandomRequests {
  private readonly random: Sfc32;
  private readonly root: string;

  constructor(seed: number, root: string) {
    this.random = new Sfc32(seed, seed + 1, 99);
    this.root = root;
  }

  below(limit: number): number {
    return (this.random.int32() >>> 0) % limit;
  }

  private of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  private path(): string {
    if (this.below(12) === 0) {
      const odd = this.of(ODD);
      // Outside of this run's part of the tree both servers may hold other things.
      return odd.startsWith('/') && odd !== '/' && !odd.startsWith('/z') ? this.root + odd : odd;
    }
    return this.root + this.of(NAMES);
  }

  private data(): Uint8Array | null {
    return this.below(10) === 0 ? null : new Uint8Array(this.below(20)).fill(this.below(256));
  }

  private version(): number {
    return this.below(3) === 0 ? this.below(4) : ANY_VERSION;
  }

  private write(): MultiOperationRequest {
    const path = this.path();
    switch (this.below(9)) {
      case 0:
      case 1:
        return { op: 'delete', path, version: this.version() };
      case 2:
      case 3:
        return { op: 'setData', path, data: this.data(), version: this.version() };
      case 4:
        return { op: 'check', path, version: this.version() };
      default: {
        const op = this.of([
          'create',
          'create',
          'create2',
          'create2',
          'createContainer',
          'createTTL',
        ] as const);
        const usual =
          op === 'createContainer' ? 4 : op === 'createTTL' ? this.of([5, 6]) : this.of([0, 0, 0, 1, 2, 3]);
        const flags = this.below(25) === 0 ? this.of([-1, 0, 1, 4, 5, 6, 7, 99]) : usual;
        const ttlMs = op !== 'createTTL' ? 0 : this.below(8) === 0 ? this.of([-1, 0, 2 ** 41]) : 3_600_000;
        return { op, path, data: this.data(), acl: this.of(LISTS), flags, ttlMs };
      }
    }
  }

  private paths(): string[] {
    return Array.from({ length: this.below(4) }, () => this.root + this.of(NAMES));
  }

  setWatches(relativeZxid: number): Request {
    return {
      op: this.of(['setWatches2', 'setWatches2', 'setWatches'] as const),
      relativeZxid,
      data: this.paths(),
      exist: this.paths(),
      children: this.paths(),
      persistent: this.paths(),
      persistentRecursive: this.paths(),
    };
  }

  next(): Request {
    const path = this.path();
    const watch = this.below(2) === 0;
    switch (this.below(24)) {
      case 0:
      case 1:
        return { op: 'exists', path, watch };
      case 2:
      case 3:
        return { op: 'getData', path, watch };
      case 4:
        return { op: 'getChildren', path: path === '/' ? this.root : path, watch };
      case 5:
        return { op: 'getChildren2', path: path === '/' ? this.root : path, watch };
      case 6:
        return { op: 'getACL', path };
      case 7:
        return {
          op: 'setACL',
          path: path === '/' ? this.root : path,
          acl: this.of(LISTS),
          version: this.version(),
        };
      case 8:
        return { op: 'getAllChildrenNumber', path: path === '/' || path === '' ? this.root : path };
      case 9:
        return { op: 'getEphemerals', path: this.of([this.root, `${this.root}/a`, '/', '', ' ']) };
      case 10:
        return { op: 'addWatch', path, kind: this.below(20) === 0 ? 7 : this.below(2) };
      case 11:
        return { op: 'removeWatches', path, kind: this.below(20) === 0 ? 9 : 1 + this.below(5) };
      case 12:
        return { op: 'checkWatches', path, kind: 1 + this.below(5) };
      case 13:
        return { op: 'multi', operations: Array.from({ length: this.below(5) }, () => this.write()) };
      case 14: {
        const op = () => this.of(['getData', 'getChildren'] as const);
        const one = () => ({ op: op(), path: this.root + this.of(NAMES), watch: false });
        return { op: 'multiRead', operations: Array.from({ length: this.below(4) }, one) };
      }
      case 15:
        return this.of<Request>([{ op: 'whoAmI' }, { op: 'sync', path }]);
      default: {
        const request = this.write();
        // One that stands alone ends the connection.
        return request.op === 'check' ? { op: 'exists', path, watch } : request;
      }
    }
  }
}
