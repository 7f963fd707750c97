// Owns: settings from the command line.

import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../src/base/errors.ts';
import { applySettings } from '../../src/topology/settings.ts';
import { build } from '../../src/topology/validate.ts';
import { boltNamed, component, idle, issuesOf, textSource, untyped, wordCount } from './sample.ts';

function planWith(texts: Record<string, string>) {
  const { t } = wordCount();
  return build(t, applySettings(t, texts));
}

function refusal(texts: Record<string, string>): MillraceError {
  try {
    applySettings(wordCount().t, texts);
  } catch (error) {
    return error as MillraceError;
  }
  throw new Error('it was accepted');
}

describe('applySettings', () => {
  it('changes engine options, component options and own settings', () => {
    const plan = planWith({
      maxPending: '1000',
      'count.parallelism': '8',
      'count.onError': 'drop',
      'count.executeTimeoutMs': '50',
      'split.queueCapacity': '16',
      'totals.batch': '10',
      'lines.treeTimeoutMs': '1e3',
      minCount: '-7.5',
      label: '42',
      strict: 'true',
    });
    expect(plan.options.maxPending).toBe(1000);
    expect(boltNamed(plan, 'count')).toMatchObject({ parallelism: 8, onError: 'drop', executeTimeoutMs: 50 });
    expect(boltNamed(plan, 'split').queueCapacity).toBe(16);
    expect(component(plan, 'totals')).toMatchObject({ batch: 10 });
    expect(component(plan, 'lines')).toMatchObject({ treeTimeoutMs: 1000 });
    expect(plan.settings).toEqual({ minCount: -7.5, label: '42', strict: true });
  });

  it('changes nothing without settings, and nothing of the topology itself', () => {
    const { t } = wordCount();
    build(t, applySettings(t, { maxPending: '1', minCount: '1', 'count.parallelism': '2' }));
    const plan = build(t, applySettings(t, {}));
    expect(JSON.stringify(plan)).toBe(JSON.stringify(build(t)));
    expect(plan.settings).toEqual({ minCount: 5, label: 'words', strict: false });
    expect(boltNamed(plan, 'count').parallelism).toBe(4);
  });

  it('takes a component whose name has dots', () => {
    const t = untyped();
    t.bolt('a.b', t.spout('lines', textSource()), idle);
    expect(component(build(t, applySettings(t, { 'a.b.parallelism': '3' })), 'a.b').parallelism).toBe(3);
  });

  it('is held to the same rules: the period of a bolt without tick', () => {
    const { t } = wordCount();
    const overrides = applySettings(t, { 'split.tickEveryMs': '5' });
    expect(() => build(t, overrides)).toThrow(/split: it has tickEveryMs but no tick/);
    expect(issuesOf(t)).toEqual([]);
  });

  it.each([
    'nope',
    'split',
    'split.batch',
    'lines.onError',
    'other.parallelism',
    'split.',
    '.x',
    '',
    '__proto__',
  ])('does not know %j and lists what there is', (name) => {
    const error = refusal({ [name]: '1' });
    expect(error.code).toBe('MR_SETTING_UNKNOWN');
    expect(error.message).toContain(JSON.stringify(name));
    for (const known of ['minCount', 'maxPending', 'split.: parallelism', 'totals.: parallelism']) {
      expect(error.expected).toContain(known);
    }
  });

  it.each([
    ['maxPending', '0', 'an integer from 1 to'],
    ['maxPending', '1.5', 'an integer'],
    ['maxPending', '', 'an integer'],
    ['maxPending', '0x10', 'an integer'],
    ['count.parallelism', '1025', 'an integer from 1 to 1024'],
    ['count.onError', 'ignore', 'fail, drop and stop'],
    ['minCount', 'many', 'a number, such as 5'],
    ['minCount', 'Infinity', 'a number'],
    ['strict', 'yes', 'true or false'],
  ])('refuses %s=%j', (name, text, expected) => {
    const error = refusal({ [name]: text });
    expect(error.code).toBe('MR_SETTING_INVALID');
    expect(error.message).toContain(name);
    expect(error.expected).toContain(expected);
    expect(error.got).toBe(JSON.stringify(text));
  });

  it('leaves a value that is no topology to build', () => {
    expect(() => build(5, applySettings(5, { maxPending: '1' }))).toThrow(
      expect.objectContaining({ code: 'MR_TOPOLOGY_INVALID' }),
    );
  });
});
