// Owns: each access control list once, by number, with a count of the nodes that have it. Not here: what a list allows.
// Invariants: a list in use keeps its number; two lists in use are never equal; numbers are not part of the state (two
// replicas may number differently), the hashes of the lists are.

import { assert } from '../../base/assert.ts';
import { PartHash } from './state-hash.ts';
import type { AclEntry } from './types.ts';

interface Kept {
  readonly key: string;
  readonly entries: readonly AclEntry[];
  readonly hash: number;
  uses: number;
}

export class AclCache {
  private readonly lists: (Kept | undefined)[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly free: number[] = [];
  private readonly hasher = new PartHash();
  /** The number acquired last: most nodes have the list of the one before. */
  private latest = -1;

  /** The number of an equal list, for one more user. */
  acquire(entries: readonly AclEntry[]): number {
    const latest = this.lists[this.latest];
    if (latest !== undefined && isSame(latest.entries, entries)) {
      latest.uses++;
      return this.latest;
    }
    const key = keyOf(entries);
    const known = this.numbers.get(key);
    if (known !== undefined) {
      this.lists[known]!.uses++;
      this.latest = known;
      return known;
    }
    const number = this.free.pop() ?? this.lists.length;
    const copy = Object.freeze(entries.map(({ permissions, scheme, id }) => ({ permissions, scheme, id })));
    this.lists[number] = { key, entries: copy, hash: this.hashOf(key), uses: 1 };
    this.numbers.set(key, number);
    this.latest = number;
    return number;
  }

  release(number: number): void {
    const list = this.lists[number];
    assert(list !== undefined, 'an access control list is released as often as it was acquired');
    if (--list.uses > 0) return;
    this.lists[number] = undefined;
    this.numbers.delete(list.key);
    this.free.push(number);
  }

  entries(number: number): readonly AclEntry[] {
    return this.lists[number]!.entries;
  }

  /** 32 bits of the list's content. */
  hash(number: number): number {
    return this.lists[number]!.hash;
  }

  private hashOf(key: string): number {
    this.hasher.begin(0);
    this.hasher.text(key);
    this.hasher.finish();
    return this.hasher.low;
  }
}

function isSame(one: readonly AclEntry[], other: readonly AclEntry[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ permissions, scheme, id }, at) => {
      const entry = other[at]!;
      return entry.permissions === permissions && entry.scheme === scheme && entry.id === id;
    })
  );
}

function keyOf(entries: readonly AclEntry[]): string {
  let key = '';
  for (const { permissions, scheme, id } of entries) {
    key += `${permissions}:${scheme.length}:${scheme}:${id.length}:${id};`;
  }
  return key;
}
