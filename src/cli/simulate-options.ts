// Owns: the options of `millrace simulate paxos`, the command that repeats a run, and runs as JSON. Not here: running.

import { availableParallelism } from 'node:os';
import { FAULT_KINDS, type FaultKind, isFaultKind } from '../simulation/fault-kinds.ts';
import type { FailedRun, Summary } from '../simulation/run-many.ts';
import { defaultOptions, type RunFailure, type RunOptions } from '../simulation/run-paxos.ts';
import { type Command, type OptionSpec, type OptionValues, usage } from './command.ts';
import { nearest } from './suggest.ts';

const DEFAULTS = defaultOptions(0);
const MAX_RUNS = 100_000_000;

export const SIMULATE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  runs: { type: 'string', value: 'N', help: 'seeds to run, one after the other (default 100)' },
  seed: { type: 'string', value: 'S', help: 'the first of them (default 1)' },
  replicas: {
    type: 'string',
    value: '3|5',
    help: 'members of the cluster (default: 3 for even seeds, 5 for odd ones)',
  },
  events: {
    type: 'string',
    value: 'N',
    help: `steps of a run until its faults end (default ${DEFAULTS.events})`,
  },
  clients: { type: 'string', value: 'N', help: 'at most so many clients' },
  operations: { type: 'string', value: 'N', help: 'at most so many operations of clients in a run' },
  faults: {
    type: 'string',
    value: 'KIND,...',
    help: `kinds of faults that a run may have, or none (default all: ${FAULT_KINDS.join(', ')})`,
  },
  jobs: { type: 'string', value: 'N', help: 'processes (default: one per core, at most one per 20 runs)' },
  json: { type: 'boolean', help: 'print one JSON object' },
  trace: { type: 'boolean', help: 'print every step as a line' },
  'no-shrink': { type: 'boolean', help: 'do not look for a shorter run that fails' },
};

export interface SimulateOptions {
  readonly runs: number;
  readonly seed: number;
  readonly replicas: 3 | 5 | undefined;
  readonly events: number;
  readonly clients: number;
  readonly operations: number;
  readonly kinds: ReadonlySet<FaultKind>;
  readonly jobs: number;
  readonly json: boolean;
  readonly trace: boolean;
  readonly shrink: boolean;
  /** What a process that runs a part of the seeds must be told. */
  readonly passedOn: readonly string[];
}

/** Throws MR_USAGE. */
export function optionsOf(command: Command, options: OptionValues): SimulateOptions {
  const replicas = options.integer('replicas', 3, 5);
  if (replicas === 4) throw usage(command, 'There is no cluster of 4.', { expected: '3 or 5', got: '4' });
  const passedOn = ['replicas', 'events', 'clients', 'operations', 'faults'].flatMap((name) => {
    const value = options.text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const runs = options.integer('runs', 1, MAX_RUNS) ?? 100;
  const trace = options.flag('trace');
  const usual = Math.min(availableParallelism(), Math.ceil(runs / 20));
  return {
    runs,
    seed: options.integer('seed', 0, Number.MAX_SAFE_INTEGER - MAX_RUNS) ?? 1,
    replicas: replicas as 3 | 5 | undefined,
    events: options.integer('events', 1, 1_000_000_000) ?? DEFAULTS.events,
    clients: options.integer('clients', 0, DEFAULTS.clients) ?? DEFAULTS.clients,
    operations: options.integer('operations', 0, Number.MAX_SAFE_INTEGER) ?? DEFAULTS.operations,
    kinds: kindsOf(command, options.text('faults')),
    jobs: options.integer('jobs', 1, 1_000) ?? usual,
    json: options.flag('json'),
    trace,
    shrink: !options.flag('no-shrink'),
    passedOn,
  };
}

function kindsOf(command: Command, text: string | undefined): ReadonlySet<FaultKind> {
  if (text === undefined) return DEFAULTS.kinds;
  const kinds = new Set<FaultKind>();
  for (const name of text === 'none' ? [] : text.split(',')) {
    if (!isFaultKind(name)) {
      const guess = nearest(name, FAULT_KINDS);
      throw usage(command, `There is no kind of fault "${name}".`, {
        expected: guess === undefined ? FAULT_KINDS.join(', ') : `perhaps ${guess}`,
      });
    }
    kinds.add(name);
  }
  return kinds;
}

/** The runs that were asked for. */
export function* rangeOf(wanted: SimulateOptions): Generator<RunOptions> {
  const { events, clients, operations, kinds } = wanted;
  for (let seed = wanted.seed; seed < wanted.seed + wanted.runs; seed++) {
    const replicas = wanted.replicas ?? (seed % 2 === 0 ? 3 : 5);
    yield { seed, replicas, events, clients, operations, kinds };
  }
}

/** What a person types to see that run again. */
export function replayCommand({ seed, replicas, events, clients, operations, kinds }: RunOptions): string {
  const words = [`millrace simulate paxos --seed ${seed} --runs 1 --replicas ${replicas}`];
  if (events !== DEFAULTS.events) words.push(`--events ${events}`);
  if (clients !== DEFAULTS.clients) words.push(`--clients ${clients}`);
  if (operations !== DEFAULTS.operations) words.push(`--operations ${operations}`);
  if (kinds.size < FAULT_KINDS.length) words.push(`--faults ${[...kinds].join(',') || 'none'}`);
  return [...words, '--trace'].join(' ');
}

export type PlainRun = Omit<RunOptions, 'kinds'> & { readonly kinds: readonly FaultKind[] };

/** A summary as it is printed with --json. */
export interface RawSummary extends Omit<Summary, 'failed'> {
  readonly wallSeconds: number;
  readonly eventsPerSecond: number;
  readonly failed: {
    readonly options: PlainRun;
    readonly failure: RunFailure;
    readonly replay: string;
  } | null;
}

export function plainRun(options: RunOptions): PlainRun {
  return { ...options, kinds: [...options.kinds] };
}

/** The other way round. */
export function fromPlain({ failed: raw, ...figures }: RawSummary): Summary {
  if (raw === null) return { ...figures, failed: undefined };
  const failed: FailedRun = {
    options: { ...raw.options, kinds: new Set(raw.options.kinds) },
    failure: raw.failure,
  };
  return { ...figures, failed };
}
