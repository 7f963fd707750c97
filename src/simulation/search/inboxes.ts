// Owns: messages and sets of messages, each known by a number. A set is what was ever sent to one replica: from a set that
// only grows any message may be delivered at any later time, again or never, which is loss, delay, doubling and reordering at once.
// Invariant: equal messages have one number, and so have equal sets.

import type { Message } from '../../paxos/message.ts';
import { type PlainDataRules, textOf } from './plain-data.ts';

/** The number of the set without any message. */
export const EMPTY = 0;

const ALL: PlainDataRules = {
  reset: new Map(),
  shared: new Set(),
  skipped: new Set(),
  bags: new Set(),
  rewritten: new Map(),
};

export class Inboxes {
  private readonly messages: Message[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly sets: (readonly number[])[] = [[]];
  /** The same as bits. */
  private readonly bits: Int32Array[] = [new Int32Array(1)];
  private readonly added = new Map<number, number>();
  private readonly setNumbers = new Map<string, number>([['', EMPTY]]);

  numberOf(message: Message): number {
    const text = textOf(message, ALL);
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.messages.length);
    this.messages.push(message);
    return this.messages.length - 1;
  }

  message(number: number): Message {
    return this.messages[number]!;
  }

  /** The numbers of the messages of a set, rising. */
  members(set: number): readonly number[] {
    return this.sets[set]!;
  }

  with(set: number, message: number): number {
    const key = set * 65_536 + message;
    const known = this.added.get(key);
    if (known !== undefined) return known;
    const members = this.sets[set]!;
    const place = members.findIndex((member) => member >= message);
    let result = set;
    if (place === -1) result = this.intern([...members, message]);
    else if (members[place] !== message) result = this.intern(members.toSpliced(place, 0, message));
    this.added.set(key, result);
    return result;
  }

  /** Whether `larger` has all messages of `smaller`. */
  includes(larger: number, smaller: number): boolean {
    if (larger === smaller) return true;
    const a = this.bits[larger]!;
    const b = this.bits[smaller]!;
    for (let word = 0; word < b.length; word++) {
      if ((b[word]! & ~(a[word] ?? 0)) !== 0) return false;
    }
    return true;
  }

  /** Without the messages that `isDead`. */
  without(set: number, isDead: (message: number) => boolean): number {
    const members = this.sets[set]!;
    const alive = members.filter((member) => !isDead(member));
    return alive.length === members.length ? set : this.intern(alive);
  }

  private intern(members: readonly number[]): number {
    const key = members.join();
    const known = this.setNumbers.get(key);
    if (known !== undefined) return known;
    this.setNumbers.set(key, this.sets.length);
    this.sets.push(members);
    const bits = new Int32Array(((members.at(-1) ?? 0) >>> 5) + 1);
    for (const member of members) bits[member >>> 5]! |= 1 << (member & 31);
    this.bits.push(bits);
    return this.sets.length - 1;
  }

  get messageCount(): number {
    return this.messages.length;
  }
}
