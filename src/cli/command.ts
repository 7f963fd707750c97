// Owns: what a command is (name, options, help) and how its arguments are read. Not here: any one command.
// Invariant: whatever is wrong with a command line is one MR_USAGE that names the nearest right word.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { MillraceError, messageOf } from '../base/errors.ts';
import { nearest } from './suggest.ts';
import type { Output, Terminal } from './terminal.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** Name of the value in the help, e.g. `DIR`. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

/** What the start script gives to the commands. */
export interface Host {
  /** Makes this process able to import users' modules, TypeScript or not. */
  enableTypeScript(): Promise<void>;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly terminal: Terminal;
  readonly host: Host;
}

export interface Command {
  /** As typed, e.g. `topics produce`. */
  readonly name: string;
  /** Arguments besides options, e.g. `FILE`. */
  readonly argumentsHelp: string;
  readonly summary: string;
  /** Smallest and largest number of positional arguments. */
  readonly positionals: readonly [number, number];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Extra lines under the options. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  /** Resolves to the exit code. */
  run(input: CommandInput): Promise<number>;
}

/** Options after parsing: each getter knows the type that its option was declared with. */
export interface OptionValues {
  text(name: string): string | undefined;
  flag(name: string): boolean;
  list(name: string): readonly string[];
  /** A whole number in [min, max]. */
  integer(name: string, min: number, max: number): number | undefined;
  /** A number of at least `min`, fractions allowed. */
  number(name: string, min: number): number | undefined;
}

export interface ParsedArguments {
  readonly help: boolean;
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

const HELP: OptionSpec = { type: 'boolean', help: 'show this help' };

/** Throws MR_USAGE. Does not count positional arguments when help was asked for. */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const specs: Record<string, OptionSpec> = { ...command.options, help: HELP };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: parserOptions(specs),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw optionError(command, specs, error);
  }
  const help = parsed.values['help'] === true;
  if (!help) countPositionals(command, parsed.positionals);
  return { help, positionals: parsed.positionals, options: optionValues(command, parsed.values) };
}

function parserOptions(specs: Record<string, OptionSpec>): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, spec] of Object.entries(specs)) {
    options[name] = { type: spec.type, multiple: spec.multiple === true };
  }
  options['help'] = { type: 'boolean', short: 'h' };
  return options;
}

function countPositionals(command: Command, positionals: readonly string[]): void {
  const [min, max] = command.positionals;
  if (positionals.length >= min && positionals.length <= max) return;
  throw usage(
    command,
    positionals.length < min ? 'An argument is missing.' : 'There is an argument too many.',
    {
      expected: `millrace ${command.name} ${command.argumentsHelp}`.trimEnd(),
      got: positionals.length === 0 ? 'no argument' : positionals.join(' '),
    },
  );
}

function optionError(command: Command, specs: Record<string, OptionSpec>, error: unknown): MillraceError {
  const message = messageOf(error);
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) return usage(command, `${message.split('. ')[0]}.`, {});
  const guess = nearest(unknown.replace(/^-+/, ''), Object.keys(specs));
  return usage(command, `There is no option ${unknown}.`, {
    ...(guess === undefined ? {} : { expected: `perhaps --${guess}` }),
    got: unknown,
  });
}

/** An MR_USAGE that points to the help of `command`. */
export function usage(
  command: { readonly name: string },
  summary: string,
  details: { readonly expected?: string; readonly got?: string; readonly next?: string },
): MillraceError {
  return new MillraceError('MR_USAGE', summary, { next: `see millrace ${command.name} --help`, ...details });
}

function optionValues(command: Command, values: Record<string, unknown>): OptionValues {
  const text = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string, min: number) => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    if (Number.isFinite(parsed) && parsed >= min) return parsed;
    throw usage(command, `--${name} is not a fitting number.`, {
      expected: `a number of at least ${min}`,
      got: value,
    });
  };
  return {
    text,
    number,
    flag: (name) => values[name] === true,
    list: (name) => (Array.isArray(values[name]) ? (values[name] as string[]) : []),
    integer(name, min, max) {
      const value = number(name, Number.NEGATIVE_INFINITY);
      if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
      throw usage(command, `--${name} is not a fitting number.`, {
        expected: `a whole number from ${min} to ${max}`,
        got: String(value),
      });
    },
  };
}

/** The help text of one command. */
export function commandHelp(command: Command, out: Output): string {
  const options = { ...command.options, help: HELP };
  const left = Object.entries(options).map(([name, spec]) => optionLabel(name, spec));
  const width = Math.max(...left.map((label) => label.length));
  const lines = [
    command.summary,
    '',
    `${out.style('bold', 'usage')}  millrace ${command.name} ${command.argumentsHelp}`
      .trimEnd()
      .concat(' [options]'),
    '',
    ...Object.values(options).map((spec, index) => `  ${left[index]!.padEnd(width)}  ${spec.help}`),
  ];
  if (command.notes !== undefined) lines.push('', ...command.notes);
  if (command.examples.length > 0) {
    lines.push('', out.style('bold', 'examples'), ...command.examples.map((example) => `  ${example}`));
  }
  return lines.join('\n');
}

function optionLabel(name: string, spec: OptionSpec): string {
  const prefix = name === 'help' ? '-h, ' : '';
  const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
  return `${prefix}--${name}${value}${spec.multiple === true ? ' ...' : ''}`;
}
