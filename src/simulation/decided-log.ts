// Owns: what the world knows to be decided: the one entry of each index, the state after it, and the configuration in
// force. Invariant: nothing in it ever changes; that is the first thing that consensus promises.

import type { Configuration } from '../paxos/configuration.ts';
import { quorumOf } from '../paxos/configuration.ts';
import type { Entry } from '../paxos/entry.ts';
import { fail } from './check-failure.ts';
import { commandIdentity, isWhole } from './command.ts';

/** Answers whether the entry at `index` is durable on a member's disk, or was and the fault budget has taken it. */
export type IsDurable = (member: number, index: number, entry: Entry) => boolean;

export class DecidedLog {
  /** The configuration that decides the next index. */
  configuration: Configuration;
  /** The number of entries in front of that configuration's first. */
  configurationStart = 0;
  readonly entries: Entry[] = [];
  private readonly hashes: number[] = [];
  private readonly commands = new Set<number>();
  /** Commands whose client was told that they never take place. */
  private readonly refusedCommands = new Set<number>();
  private readonly isDurable: IsDurable;

  constructor(configuration: Configuration, isDurable: IsDurable) {
    this.configuration = configuration;
    this.isDurable = isDurable;
  }

  get length(): number {
    return this.entries.length;
  }

  /** Replica `id` says that `entry` is decided at `index`. */
  learn(id: number, index: number, entry: Entry): void {
    const known = this.entries[index];
    if (known === undefined) this.first(id, index, entry);
    else if (!sameEntry(known, entry))
      fail(
        'one value per index',
        `replica ${id} decided ${text(entry)} at ${index}, where ${text(known)} was`,
      );
  }

  /** Replica `id` has a state with this hash after `index` entries. */
  state(id: number, index: number, hash: number): void {
    const known = this.hashes[index];
    if (known === undefined) this.hashes[index] = hash;
    else if (known !== hash)
      fail(
        'same state',
        `replica ${id} has another state after ${index} entries than the first that got there`,
      );
  }

  refuse(identity: number): void {
    if (this.commands.has(identity)) fail('refused is not applied', `a command that took place was refused`);
    this.refusedCommands.add(identity);
  }

  private first(id: number, index: number, entry: Entry): void {
    if (index !== this.entries.length)
      fail('decided is a prefix', `replica ${id} decided ${index}, but nobody ${this.entries.length}`);
    const { members } = this.configuration;
    let copies = 0;
    for (const member of members) if (this.isDurable(member.id, index, entry)) copies++;
    if (copies < quorumOf(this.configuration))
      fail(
        'durable on a quorum',
        `replica ${id} decided ${text(entry)} at ${index}, durable on ${copies} of ${members.length} disks`,
      );
    if (entry.configuration === undefined) this.firstCommand(index, entry);
    else {
      this.configuration = entry.configuration;
      this.configurationStart = index + 1;
    }
    this.entries.push(entry);
  }

  private firstCommand(index: number, { data }: Entry): void {
    if (!isWhole(data)) fail('whole commands', `the bytes decided at ${index} are no client's command`);
    const identity = commandIdentity(data);
    if (this.commands.has(identity)) fail('no command twice', `the command decided at ${index} was before`);
    if (this.refusedCommands.has(identity))
      fail('refused is not applied', `the command decided at ${index} had been refused`);
    this.commands.add(identity);
  }
}

/** By reference where messages go by reference, by bytes where they went as frames. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  if (a.configuration?.number !== b.configuration?.number || a.data.length !== b.data.length) return false;
  for (let at = 0; at < a.data.length; at++) if (a.data[at] !== b.data[at]) return false;
  return true;
}

function text({ data, configuration }: Entry): string {
  if (configuration !== undefined) return `the end before configuration ${configuration.number}`;
  const identity = commandIdentity(data);
  return `command ${identity % 4_294_967_296} of client ${Math.floor(identity / 4_294_967_296)}`;
}
