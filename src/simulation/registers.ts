// Owns: the state machine of the simulation: a few registers, and a running hash over everything that was applied.
// Invariant: two of them that applied the same entries have the same registers, hash and configuration.

import type { Configuration } from '../paxos/configuration.ts';
import type { Entry } from '../paxos/entry.ts';
import {
  COMMAND,
  commandExpected,
  commandIdentity,
  commandKey,
  commandKind,
  commandValue,
} from './command.ts';

/** The state after the first `index` entries. Never changed. */
export interface Image {
  readonly index: number;
  readonly hash: number;
  readonly values: readonly number[];
  /** The configuration in force after those entries. */
  readonly configuration: Configuration;
}

export class Registers {
  applied: number;
  hash: number;
  configuration: Configuration;
  private readonly values: number[];

  constructor(image: Image) {
    this.applied = image.index;
    this.hash = image.hash;
    this.values = [...image.values];
    this.configuration = image.configuration;
  }

  /** Applies the next entry. The value read, or for `cas` 1 if it took place and 0 if not. */
  apply({ data, configuration }: Entry): number {
    this.applied++;
    if (configuration !== undefined) {
      this.configuration = configuration;
      this.mix(-configuration.number, configuration.members.length);
      return 0;
    }
    const result = this.execute(data);
    this.mix(commandIdentity(data), result);
    return result;
  }

  value(key: number): number {
    return this.values[key]!;
  }

  image(): Image {
    const { applied, hash, values, configuration } = this;
    return { index: applied, hash, values: [...values], configuration };
  }

  private execute(data: Uint8Array): number {
    const key = commandKey(data);
    switch (commandKind(data)) {
      case COMMAND.read:
        return this.values[key]!;
      case COMMAND.write:
        this.values[key] = commandValue(data);
        return 0;
      case COMMAND.cas:
        if (this.values[key] !== commandExpected(data)) return 0;
        this.values[key] = commandValue(data);
        return 1;
      default:
        return 0;
    }
  }

  private mix(a: number, b: number): void {
    let hash = Math.imul(this.hash ^ (a | 0), 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + (b | 0), 0x85ebca6b);
    this.hash = hash ^ (hash >>> 13) ^ Math.floor(a / 4_294_967_296);
  }
}

export function emptyImage(keys: number, configuration: Configuration): Image {
  return { index: 0, hash: 0, values: new Array<number>(keys).fill(0), configuration };
}
