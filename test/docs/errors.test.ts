// Owns: the promise that docs/errors.md and the code list the same errors, and that each of them can happen.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/base/error-codes.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/errors.md', root), 'utf8');
const codes = Object.keys(ERROR_CODES);

/** Code to the text under its heading. */
function sections(markdown: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of markdown.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n');
    found.set(part.slice(0, end).trim(), part.slice(end).trim());
  }
  return found;
}

/** Codes that stand as a string literal in `text`. */
function codesIn(text: string): string[] {
  return [...text.matchAll(/['"`](MR_[A-Z_]+)['"`]/g)].map((match) => match[1]!);
}

function sources(): { path: string; text: string }[] {
  return readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('error-codes.ts'))
    .map((path) => ({ path, text: readFileSync(new URL(`src/${path}`, root), 'utf8') }));
}

describe('docs/errors.md', () => {
  const documented = sections(page);

  it('lists every code, once, and nothing else', () => {
    expect([...documented.keys()].sort()).toEqual([...codes].sort());
    expect(page.match(/^## /gm)).toHaveLength(codes.length);
  });

  it.each(codes)('says of %s what happened, what to do, and the exit code', (code) => {
    const text = documented.get(code) ?? '';
    expect(text).toMatch(/^What happened: \S.{20,}/m);
    expect(text).toMatch(/^Why: \S.{15,}/m);
    expect(text).toMatch(/^What to do: \S.{15,}/m);
    expect(text).toContain(`Exit code: ${ERROR_CODES[code as keyof typeof ERROR_CODES]}`);
  });
});

describe('the error codes', () => {
  const used = new Set(sources().flatMap(({ text }) => codesIn(text)));

  it('are all used in the sources', () => {
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('are the only ones that the sources use', () => {
    expect([...used].filter((code) => !codes.includes(code))).toEqual([]);
  });
});

describe('the checks of this file', () => {
  it('see sections and codes', () => {
    expect([...sections('# a\n## MR_A\nx\n## MR_B\n\ny\n')]).toEqual([
      ['MR_A', 'x'],
      ['MR_B', 'y'],
    ]);
    expect(codesIn(`throw new E('MR_A'); // MR_B, "MR_C"`)).toEqual(['MR_A', 'MR_C']);
  });
});
