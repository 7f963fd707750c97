// Owns: the promise that docs/consensus.md says what the consensus core does: its table of roles and events, and for each
// numbered invariant a test that exists. All in both directions.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROLE_TABLE } from '../../src/paxos/roles.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/consensus.md', root), 'utf8');

function section(markdown: string, title: string): string {
  const found = markdown.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`no section ${title}`);
  return found;
}

/** The cells of the first table in `text`, header first. */
function table(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|---'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

interface Invariant {
  readonly number: string;
  readonly path: string;
  readonly title: string;
}

function invariants(text: string): Invariant[] {
  const found = text.matchAll(/^- \*\*(I\d+)\.\*\* .+\n {2}`([^`]+)` > (.+)$/gm);
  return [...found].map(([, number, path, title]) => ({ number: number!, path: path!, title: title! }));
}

/** The titles of all tests in `text`. */
function titles(text: string): string[] {
  return [...text.matchAll(/\bit(?:\.each\(.*\))?\(\s*'((?:[^'\\]|\\.)*)'/g)].map((match) => match[1]!);
}

const claimsOf = (title: string) => [...title.matchAll(/\[(I\d+)\]/g)].map((match) => match[1]!);

describe('docs/consensus.md', () => {
  it('has the states and events of the code, and each reaction', () => {
    const [header, ...rows] = table(section(page, 'States and events'));
    const roles = header!.slice(1);
    expect([...roles].sort()).toEqual(Object.keys(ROLE_TABLE).sort());
    const shown = Object.fromEntries(
      roles.map((role, index) => [role, Object.fromEntries(rows.map((row) => [row[0]!, row[index + 1]!]))]),
    );
    expect(shown).toEqual(ROLE_TABLE);
    expect(rows).toHaveLength(Object.keys(ROLE_TABLE.looking).length);
  });

  it('explains every kind of message, and no other', () => {
    const explained = table(section(page, 'Messages'))
      .slice(1)
      .flatMap((row) => row[0]!.split(', '));
    const [, ...rows] = table(section(page, 'States and events'));
    const events = [
      'start',
      'tick',
      'persisted',
      'trim',
      'snapshot-staged',
      'nominate',
      'propose',
      'reconfigure',
      'read',
    ];
    expect(explained.sort()).toEqual(
      rows
        .map((row) => row[0]!)
        .filter((name) => !events.includes(name))
        .sort(),
    );
  });
});

describe('the invariants', () => {
  const listed = invariants(section(page, 'Invariants'));
  const folder = new URL('test/paxos/', root);
  const claimed = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => titles(readFileSync(new URL(path, folder), 'utf8')))
    .flatMap(claimsOf);

  it('are numbered without gaps', () => {
    expect(listed.map(({ number }) => number)).toEqual(listed.map((_, index) => `I${index + 1}`));
    expect(listed).toHaveLength(section(page, 'Invariants').match(/^- /gm)!.length);
    expect(listed.length).toBeGreaterThan(30);
  });

  it.each(listed)('$number names a test that exists and claims it', ({ number, path, title }) => {
    expect(titles(readFileSync(new URL(path, root), 'utf8'))).toContain(title);
    expect(claimsOf(title)).toContain(number);
  });

  it('are all that tests claim, and each is claimed', () => {
    expect([...new Set(claimed)].sort()).toEqual(listed.map(({ number }) => number).sort());
  });
});

describe('the checks of this file', () => {
  it('see tables, invariants and titles', () => {
    expect(table('x\n| a | b |\n|---|---|\n| c | d |\n')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(invariants('- **I7.** So.\n  `a/b.test.ts` > [I7] is so\n')).toEqual([
      { number: 'I7', path: 'a/b.test.ts', title: '[I7] is so' },
    ]);
    expect(titles(`it('a', () => {}); it.each(B)('[I1] [I2] $b', x); edit('c')`)).toEqual([
      'a',
      '[I1] [I2] $b',
    ]);
    expect(claimsOf('[I1] [I2] b')).toEqual(['I1', 'I2']);
  });
});
