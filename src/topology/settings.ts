// Owns: settings from the command line: `maxPending=1000` (engine), `count.parallelism=8` (component), `minCount=7`
// (the topology's own). Texts become values of the right type here; build() applies them.

import { MillraceError } from '../base/errors.ts';
import {
  COMPONENT_RULES,
  ENGINE_RULES,
  ERROR_POLICIES,
  type NumberRule,
  obeys,
  rangeOf,
} from './option-rules.ts';
import type { Options } from './read-options.ts';
import { type ComponentRecord, isObject, type TopologyRecord, topologyRecordOf } from './records.ts';
import { listed, shown } from './shown.ts';
import type { Settings } from './types.ts';

/** Components that an error lists. */
const MAX_LISTED = 20;

/** What replaces the author's choices. */
export interface Overrides {
  readonly engine: Options;
  /** Options by component name. */
  readonly components: ReadonlyMap<string, Options>;
  readonly settings: Settings;
}

export const NO_OVERRIDES: Overrides = Object.freeze({ engine: {}, components: new Map(), settings: {} });

/**
 * Reads settings given as texts by name.
 *
 * Throws MR_SETTING_UNKNOWN, with what there is, for a name that nothing has, and MR_SETTING_INVALID for a text that
 * is no value of it.
 */
export function applySettings(topology: unknown, texts: Readonly<Record<string, string>>): Overrides {
  const record = topologyRecordOf(topology);
  // build() is the one that reports a value that is no topology.
  if (record === undefined) return NO_OVERRIDES;
  const engine: Record<string, unknown> = {};
  const components = new Map<string, Record<string, unknown>>();
  const settings: Settings = {};
  const own = ownSettings(record);
  for (const [name, text] of Object.entries(texts)) {
    const dot = name.lastIndexOf('.');
    if (dot >= 0) {
      const component = record.components.find((one) => one.name === name.slice(0, dot));
      if (component === undefined) throw unknownSetting(name, record);
      const options = components.get(component.name as string) ?? {};
      options[name.slice(dot + 1)] = readComponentOption(component, name, name.slice(dot + 1), text, record);
      components.set(component.name as string, options);
    } else if (Object.hasOwn(ENGINE_RULES, name)) {
      engine[name] = readNumber(name, text, ENGINE_RULES[name as keyof typeof ENGINE_RULES]);
    } else if (Object.hasOwn(own, name)) {
      settings[name] = readSetting(name, text, own[name]!);
    } else {
      throw unknownSetting(name, record);
    }
  }
  return { engine, components, settings };
}

function ownSettings(record: TopologyRecord): Settings {
  const settings = isObject(record.options) ? record.options['settings'] : undefined;
  return isObject(settings) ? (settings as Settings) : {};
}

function kindOf(component: ComponentRecord): 'spout' | 'bolt' | 'sink' {
  return component.form === 'spout' || component.form === 'sink' ? component.form : 'bolt';
}

function optionNames(component: ComponentRecord): string[] {
  const kind = kindOf(component);
  const numbers = Object.keys(COMPONENT_RULES[kind]).filter(
    (name) => name !== 'tickEveryMs' || component.form === 'bolt',
  );
  return kind === 'spout' ? numbers : [...numbers, 'onError'];
}

function readComponentOption(
  component: ComponentRecord,
  name: string,
  option: string,
  text: string,
  record: TopologyRecord,
): unknown {
  if (!optionNames(component).includes(option)) throw unknownSetting(name, record);
  if (option !== 'onError') return readNumber(name, text, COMPONENT_RULES[kindOf(component)][option]!);
  if (!ERROR_POLICIES.some((one) => one === text))
    throw invalidSetting(name, text, `one of ${listed(ERROR_POLICIES)}`);
  return text;
}

function readNumber(name: string, text: string, rule: NumberRule): number {
  const value = numberOf(text);
  if (!obeys(rule, value)) throw invalidSetting(name, text, rangeOf(rule));
  return value;
}

/** As the type of the default value. */
function readSetting(
  name: string,
  text: string,
  initial: string | number | boolean,
): string | number | boolean {
  if (typeof initial === 'string') return text;
  if (typeof initial === 'boolean') {
    if (text !== 'true' && text !== 'false') throw invalidSetting(name, text, 'true or false');
    return text === 'true';
  }
  const value = numberOf(text);
  if (!Number.isFinite(value)) throw invalidSetting(name, text, `a number, such as ${initial}`);
  return value;
}

/** Decimal notation only: `Number` alone would take '' for 0 and '0x10' for 16. */
function numberOf(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function invalidSetting(name: string, text: string, expected: string): MillraceError {
  return new MillraceError('MR_SETTING_INVALID', `${name} cannot be ${shown(text)}`, {
    expected,
    got: shown(text),
    next: `Use --set ${name}=VALUE with a value of that kind.`,
  });
}

function unknownSetting(name: string, record: TopologyRecord): MillraceError {
  const own = Object.keys(ownSettings(record));
  const components = record.components.filter((one) => typeof one.name === 'string');
  const lines = [
    own.length === 0 ? 'this topology has no settings of its own' : `settings: ${own.join(', ')}`,
    `engine: ${Object.keys(ENGINE_RULES).join(', ')}`,
    ...components.slice(0, MAX_LISTED).map((one) => `${one.name}.: ${optionNames(one).join(', ')}`),
  ];
  if (components.length > MAX_LISTED) lines.push(`and ${components.length - MAX_LISTED} more components`);
  return new MillraceError('MR_SETTING_UNKNOWN', `there is no setting ${shown(name)}`, {
    expected: lines.join('\n'),
    got: shown(name),
    next: 'Use --set NAME=VALUE or --set COMPONENT.OPTION=VALUE with a name from the list.',
  });
}
