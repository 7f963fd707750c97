// Owns: from a user's file and `--set` to the plan that runs. Not here: importing the file (load-topology.ts), what
// settings mean and how a plan is built (topology/).

import { AssertionError } from '../base/assert.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import { applySettings, build, isTopology, type TopologyPlan } from '../topology/index.ts';
import { type Command, type Host, usage } from './command.ts';
import { importDefault, noDefaultExport, notLoadable } from './load-topology.ts';

type Texts = Readonly<Record<string, string>>;
type Value = string | number | boolean;

/**
 * The plan of the topology that `file` (absolute) exports, with `--set name=value` texts applied.
 *
 * Throws MR_USAGE, MR_FILE_NOT_LOADABLE, MR_NO_DEFAULT_EXPORT, MR_TOPOLOGY_INVALID, MR_SETTING_UNKNOWN, MR_SETTING_INVALID.
 */
export async function loadPlan(
  command: Pick<Command, 'name'>,
  file: string,
  pairs: readonly string[],
  host: Host,
): Promise<TopologyPlan> {
  const texts = parseSettings(command, pairs);
  const exported = await importDefault(file, host);
  if (isTopology(exported)) return build(exported, applySettings(exported, texts));
  if (typeof exported !== 'function')
    throw noDefaultExport(file, `a default export of type ${kindOf(exported)}`);
  const settings = observed(texts);
  const made = await callUser(file, exported as (settings: unknown) => unknown, settings.values);
  if (!isTopology(made))
    throw noDefaultExport(file, `a function that returns a value of type ${kindOf(made)}`);
  return build(made, applySettings(made, settings.unread()));
}

/** Later values of the same name win. Throws MR_USAGE for a text without a name or without `=`. */
export function parseSettings(
  command: Pick<Command, 'name'>,
  pairs: readonly string[],
): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1)
      throw usage(command, '--set needs a setting.', { expected: '--set NAME=VALUE', got: pair });
    settings[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return settings;
}

async function callUser(
  file: string,
  make: (settings: unknown) => unknown,
  settings: unknown,
): Promise<unknown> {
  try {
    return await make(settings);
  } catch (error) {
    if (error instanceof MillraceError || error instanceof AssertionError) throw error;
    throw notLoadable(file, `its default function throws ${messageOf(error)}`, error);
  }
}

/**
 * Settings as a function of the user sees them: numbers and booleans where the text looks like one. What the function
 * did not look at is left to the topology, so that `--set count.parallelism=8` and mistyped names work as ever.
 */
export function observed(texts: Texts): { values: Record<string, Value>; unread(): Texts } {
  const read = new Set<PropertyKey>();
  const byName = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, typed(text)]));
  const values = new Proxy(byName, {
    get(target, name, receiver) {
      read.add(name);
      return Reflect.get(target, name, receiver) as unknown;
    },
    has(target, name) {
      read.add(name);
      return Reflect.has(target, name);
    },
  });
  return {
    values,
    unread: () => Object.fromEntries(Object.entries(texts).filter(([name]) => !read.has(name))),
  };
}

function typed(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
