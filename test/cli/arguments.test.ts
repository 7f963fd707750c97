// Owns: how command lines are read: types of options, limits, and what a mistake is told.

import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/base/errors.ts';
import { type Command, commandHelp, parseArguments } from '../../src/cli/command.ts';
import { findCommand } from '../../src/cli/commands.ts';
import { observed, parseSettings } from '../../src/cli/load-plan.ts';
import { editDistance, nearest } from '../../src/cli/suggest.ts';
import { output } from '../../src/cli/terminal.ts';

const command: Command = {
  name: 'grind',
  argumentsHelp: 'FILE',
  summary: 'Grinds FILE.',
  positionals: [1, 1],
  options: {
    speed: { type: 'string', value: 'N', help: 'turns a second' },
    set: { type: 'string', value: 'NAME=VALUE', multiple: true, help: 'settings' },
    quiet: { type: 'boolean', help: 'no noise' },
  },
  examples: ['millrace grind corn.ts'],
  run: async () => 0,
};

function mistake(read: () => unknown): MillraceError {
  try {
    read();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('there was no mistake');
}

describe('arguments', () => {
  it('are read by their declared types', () => {
    const { positionals, options, help } = parseArguments(command, [
      ...['corn.ts', '--speed', '12', '--quiet', '--set', 'a=1', '--set=b=2'],
    ]);
    expect(positionals).toEqual(['corn.ts']);
    expect(options.integer('speed', 1, 100)).toBe(12);
    expect(options.flag('quiet')).toBe(true);
    expect(options.list('set')).toEqual(['a=1', 'b=2']);
    expect(help).toBe(false);
  });

  it('may be left out', () => {
    const { options } = parseArguments(command, ['corn.ts']);
    expect(options.text('speed')).toBeUndefined();
    expect(options.number('speed', 0)).toBeUndefined();
    expect(options.flag('quiet')).toBe(false);
    expect(options.list('set')).toEqual([]);
  });

  it('need not be complete for help', () => {
    expect(parseArguments(command, ['-h']).help).toBe(true);
    expect(parseArguments(command, ['--help', 'a', 'b']).help).toBe(true);
  });

  it.each([
    [['corn.ts', '--sped', '1'], 'perhaps --speed'],
    [['corn.ts', '--quite'], 'perhaps --quiet'],
    [[], 'millrace grind FILE'],
    [['a', 'b'], 'millrace grind FILE'],
  ])('%j is answered with "%s"', (args, expected) => {
    const error = mistake(() => parseArguments(command, args));
    expect(error.code).toBe('MR_USAGE');
    expect(error.expected).toBe(expected);
    expect(error.next).toBe('see millrace grind --help');
  });

  it('of an option without its value are one sentence', () => {
    const error = mistake(() => parseArguments(command, ['corn.ts', '--speed']));
    expect(error.message).toMatch(/^Option '--speed.*' argument missing\.$/);
  });

  it.each(['0', '101', '1.5', 'x', ''])('--speed %j is not in 1 to 100', (value) => {
    const { options } = parseArguments(command, ['corn.ts', `--speed=${value}`]);
    expect(mistake(() => options.integer('speed', 1, 100)).code).toBe('MR_USAGE');
  });

  it('are all in the help', () => {
    const help = commandHelp(command, output(process.stdout, { NO_COLOR: '1' }));
    for (const text of [
      'millrace grind FILE',
      '--speed N',
      '--set NAME=VALUE ...',
      '-h, --help',
      'corn.ts',
    ]) {
      expect(help).toContain(text);
    }
  });
});

describe('commands', () => {
  it('are found with the arguments after them', () => {
    expect(findCommand(['run', 'a.ts', '--json'])).toMatchObject({
      prefix: 'millrace run',
      rest: ['a.ts', '--json'],
    });
    expect(findCommand(['topics', 'list', '-h'])).toMatchObject({
      prefix: 'millrace topics list',
      rest: ['-h'],
    });
    expect(findCommand(['topics'])).toMatchObject({ prefix: 'millrace topics', rest: [] });
  });

  it.each([
    [['rnu'], 'perhaps millrace run'],
    [['topic', 'list'], 'perhaps millrace topics'],
    [['topics', 'lst'], 'perhaps millrace topics list'],
    [['constructor'], /^one of run, check/],
    [['xyzzy'], /^one of run, check/],
  ])('%j is answered with %s', (args, expected) => {
    const error = mistake(() => findCommand(args));
    expect(error.code).toBe('MR_USAGE');
    expect(error.expected).toMatch(expected);
  });

  it('load what their help describes', async () => {
    for (const name of ['run', 'check', 'graph', 'doctor', 'bench']) {
      const { entry } = findCommand([name]);
      expect('load' in entry && (await entry.load()).name).toBe(name);
    }
    for (const action of ['list', 'create', 'describe', 'produce', 'consume', 'delete']) {
      const { entry } = findCommand(['topics', action]);
      expect('load' in entry && (await entry.load()).name).toBe(`topics ${action}`);
    }
  });
});

describe('suggestions', () => {
  it('count edits', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('same', 'same')).toBe(0);
  });

  it('are made only when they are near', () => {
    expect(nearest('chek', ['run', 'check'])).toBe('check');
    expect(nearest('banana', ['run', 'check'])).toBeUndefined();
  });
});

describe('settings', () => {
  it('are name=value, the last one wins, and values may hold =', () => {
    expect(parseSettings(command, ['a=1', 'b=x=y', 'a=', 'c.d=2'])).toEqual({ a: '', b: 'x=y', 'c.d': '2' });
  });

  it.each(['a', '=1', ''])('%j is none', (pair) => {
    expect(mistake(() => parseSettings(command, [pair])).code).toBe('MR_USAGE');
  });

  it('are numbers and booleans for a function that asks, and left to the topology otherwise', () => {
    const settings = observed({ n: '-1.5', on: 'true', text: '1e3x', 'count.parallelism': '8', typo: '1' });
    expect([settings.values['n'], settings.values['on'], settings.values['text']]).toEqual([
      -1.5,
      true,
      '1e3x',
    ]);
    expect('absent' in settings.values).toBe(false);
    expect(settings.unread()).toEqual({ 'count.parallelism': '8', typo: '1' });
  });
});
