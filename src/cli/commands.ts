// Owns: the tree of commands with a line about each. Commands are imported only when they are called, for a fast start.

import { MillraceError } from '../base/errors.ts';
import type { Command } from './command.ts';
import { nearest } from './suggest.ts';

/** A command, or a word under which commands are grouped. */
export type Entry =
  | { readonly summary: string; load(): Promise<Command> }
  | { readonly summary: string; readonly actions: Readonly<Record<string, Entry>> };

const TOPICS: Readonly<Record<string, Entry>> = {
  list: {
    summary: 'the topics in the data folder',
    load: async () => (await import('./topics-admin.ts')).listCommand,
  },
  create: {
    summary: 'make a topic',
    load: async () => (await import('./topics-admin.ts')).createCommand,
  },
  describe: {
    summary: 'partitions, offsets and size of a topic',
    load: async () => (await import('./topics-admin.ts')).describeCommand,
  },
  produce: {
    summary: 'append records from a file or from standard input',
    load: async () => (await import('./topics-produce.ts')).produceCommand,
  },
  consume: {
    summary: 'print the records of a topic',
    load: async () => (await import('./topics-consume.ts')).consumeCommand,
  },
  delete: {
    summary: 'delete a topic with its records',
    load: async () => (await import('./topics-admin.ts')).deleteCommand,
  },
};

const STORE: Readonly<Record<string, Entry>> = {
  serve: {
    summary: 'run one replica of the store',
    load: async () => (await import('./store-serve.ts')).serveCommand,
  },
  status: {
    summary: 'show how far each replica is, and who leads',
    load: async () => (await import('./store-status.ts')).statusCommand,
  },
};

const SIMULATIONS: Readonly<Record<string, Entry>> = {
  paxos: {
    summary: 'the consensus core, in a simulated world full of faults',
    load: async () => (await import('./simulate.ts')).simulatePaxosCommand,
  },
};

export const COMMANDS: Readonly<Record<string, Entry>> = {
  run: { summary: 'run a topology', load: async () => (await import('./run.ts')).runCommand },
  check: {
    summary: 'check types and wiring of a topology without running it',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  graph: {
    summary: 'draw a topology as Mermaid, DOT or JSON',
    load: async () => (await import('./graph.ts')).graphCommand,
  },
  topics: { summary: 'list, create, fill, read and delete topics', actions: TOPICS },
  store: { summary: 'run replicas of the store and look at them', actions: STORE },
  doctor: {
    summary: 'look at this machine and say what is missing',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  bench: {
    summary: 'measure the engine on this machine',
    load: async () => (await import('./bench.ts')).benchCommand,
  },
  simulate: { summary: 'look for mistakes in the protocols, by seeds', actions: SIMULATIONS },
};

export interface Found {
  /** The words that led here, e.g. `millrace topics`. */
  readonly prefix: string;
  readonly entry: Entry;
  /** The arguments after those words. */
  readonly rest: readonly string[];
}

/** The entry that `args` begin with. Throws MR_USAGE for a word that is no command. */
export function findCommand(args: readonly string[], entries = COMMANDS, prefix = 'millrace'): Found {
  const [name = '', ...rest] = args;
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw unknownCommand(name, entries, prefix);
  const path = `${prefix} ${name}`;
  const [next] = rest;
  if ('load' in entry || next === undefined || next.startsWith('-')) return { prefix: path, entry, rest };
  return findCommand(rest, entry.actions, path);
}

function unknownCommand(
  name: string,
  entries: Readonly<Record<string, Entry>>,
  prefix: string,
): MillraceError {
  const names = Object.keys(entries);
  const guess = nearest(name, names);
  return new MillraceError('MR_USAGE', `There is no command ${prefix} ${name}.`, {
    expected: guess === undefined ? `one of ${names.join(', ')}` : `perhaps ${prefix} ${guess}`,
    next: `see ${prefix} --help`,
  });
}
