// Owns: reading and checking one bolt: its form, and its options from the object or the last argument.

import { LIMITS } from '../base/limits.ts';
import { createOf, isFactory } from './bolts.ts';
import type { Issues } from './issues.ts';
import { isValidName, NAME_RULE } from './names.ts';
import { BOLT_RULES } from './option-rules.ts';
import type { AckMode, BoltPlan } from './plan.ts';
import { type Options, readErrorPolicy, readNumbers, readOptions } from './read-options.ts';
import { type ComponentRecord, isObject } from './records.ts';
import { quoted, shown } from './shown.ts';
import type { StateDeclarations } from './state-types.ts';
import { DEFAULT_STREAM } from './types.ts';

const STEP_OPTIONS = [
  'parallelism',
  'state',
  'onError',
  'queueCapacity',
  'concurrency',
  'executeTimeoutMs',
] as const;
const BOLT_OPTIONS = [...STEP_OPTIONS, 'streams', 'ack', 'tickEveryMs'] as const;

/** Where the author writes a bolt's options and the command line its own; the latter win. */
export function readBolt(
  record: ComponentRecord,
  where: string,
  overrides: Options,
  issues: Issues,
): Omit<BoltPlan, 'id' | 'inputs' | 'outputs' | 'name'> {
  const { form, body } = record;
  const usable = form === 'bolt' ? checkBolt(body, where, issues) : checkFunction(body, form, where, issues);
  const known = form === 'bolt' ? BOLT_OPTIONS : STEP_OPTIONS;
  const options = { ...mergedOptions(record, known, where, issues), ...overrides };
  const numbers = readNumbers(options, BOLT_RULES, where, issues);
  if (usable) checkTick(body, numbers.tickEveryMs, where, issues);
  const state = readState(options['state'], where, issues);
  const oneByOne = options['concurrency'] === undefined && Object.keys(state).length > 0;
  return {
    kind: 'bolt',
    ...numbers,
    concurrency: oneByOne ? LIMITS.statefulConcurrency : numbers.concurrency,
    streams: readStreams(options['streams'], where, issues),
    state,
    ack: readAck(options['ack'], where, issues),
    onError: readErrorPolicy(options, where, issues),
    create: createOf(form, body, numbers.tickEveryMs),
  };
}

function mergedOptions(
  record: ComponentRecord,
  known: readonly string[],
  where: string,
  issues: Issues,
): Options {
  const last = readOptions(record.options, known, where, issues);
  if (record.form !== 'bolt' || !isObject(record.body)) return last;
  const merged: Record<string, unknown> = { ...last };
  for (const name of known) {
    const inBody = record.body[name];
    if (inBody === undefined) continue;
    if (last[name] !== undefined) {
      issues.add(
        where,
        `${name} is given twice`,
        'Give it in the object or in the last argument, not in both.',
      );
    }
    merged[name] = inBody;
  }
  return merged;
}

function checkBolt(body: unknown, where: string, issues: Issues): boolean {
  if (typeof body === 'function') return true;
  const methods = isObject(body) ? body : {};
  const executes = typeof methods['execute'] === 'function';
  const creates = typeof methods['create'] === 'function';
  if (executes === creates) {
    issues.add(
      where,
      executes
        ? 'its bolt has both execute and create'
        : `its bolt is ${shown(body)} without execute or create`,
      'Give a function, an object with execute, or an object with create(task).',
    );
    return false;
  }
  for (const name of ['open', 'tick', 'close']) {
    if (methods[name] === undefined) continue;
    if (creates) {
      issues.add(where, `${name} stands beside create`, `Put ${name} into the object that create returns.`);
    } else if (typeof methods[name] !== 'function') {
      issues.add(where, `${name} is ${shown(methods[name])}`, 'Give a function or leave it out.');
    }
  }
  return true;
}

function checkFunction(body: unknown, form: string, where: string, issues: Issues): boolean {
  if (typeof body === 'function') return true;
  issues.add(where, `${form} got ${shown(body)}`, 'Give a function.');
  return false;
}

/** A factory's tick is not known before it made a bolt; bolts.ts checks it then. */
function checkTick(body: unknown, tickEveryMs: number, where: string, issues: Issues): void {
  if (isFactory(body)) return;
  const ticks = isObject(body) && body['tick'] !== undefined;
  if (ticks && tickEveryMs === 0) {
    issues.add(where, 'it has a tick but no tickEveryMs', 'Add tickEveryMs, the period in milliseconds.');
  }
  if (!ticks && tickEveryMs > 0) {
    issues.add(
      where,
      'it has tickEveryMs but no tick',
      'Add tick(out, context) beside execute, or take it away.',
    );
  }
}

/** The default stream and the named ones. */
function readStreams(given: unknown, where: string, issues: Issues): readonly string[] {
  if (given !== undefined && !Array.isArray(given)) {
    issues.add(where, `streams is ${shown(given)}`, "Give a list of names: streams: ['late'].");
  }
  const streams = [DEFAULT_STREAM as string];
  for (const name of Array.isArray(given) ? given : []) {
    if (!isValidName(name)) {
      issues.add(where, `the stream name ${shown(name)} is not valid`, NAME_RULE);
    } else if (name === DEFAULT_STREAM) {
      issues.add(where, `streams names '${DEFAULT_STREAM}'`, 'Take it away: every bolt has that stream.');
    } else if (streams.includes(name)) {
      issues.add(where, `the stream '${name}' is declared twice`, 'Take one away.');
    } else {
      streams.push(name);
    }
  }
  return Object.freeze(streams);
}

function readState(given: unknown, where: string, issues: Issues): StateDeclarations {
  if (given === undefined) return Object.freeze({});
  if (!isObject(given) || Array.isArray(given)) {
    issues.add(
      where,
      `state is ${shown(given)}`,
      'Give an object of names and initial values: state: { counts: 0 }.',
    );
    return Object.freeze({});
  }
  for (const [name, initial] of Object.entries(given)) {
    if (!isValidName(name)) issues.add(where, `the state name ${quoted(name)} is not valid`, NAME_RULE);
    if (typeof initial === 'function' || typeof initial === 'symbol') {
      issues.add(
        where,
        `the state '${name}' starts with ${shown(initial)}`,
        'Give an initial value that can be stored.',
      );
    }
  }
  return Object.freeze({ ...given }) as StateDeclarations;
}

function readAck(given: unknown, where: string, issues: Issues): AckMode {
  if (given === 'manual') return 'manual';
  if (given !== undefined && given !== 'auto') {
    issues.add(where, `ack is ${shown(given)}`, "Give 'auto' or 'manual'.");
  }
  return 'auto';
}
