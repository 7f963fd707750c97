// Owns: the promise that each error code can happen: every one is expected by name in at least one test. Not here: that the codes
// are documented (test/docs/errors.test.ts), what the errors say (the tests that provoke them).

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/base/error-codes.ts';

const CODE = /\bMR_[A-Z_]+\b/g;
const root = new URL('../', import.meta.url);

/**
 * Codes in the literals of a test, comments aside, that are not the first argument of a `new MillraceError`: what a test
 * makes by itself it has not provoked.
 */
function expectedIn(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    const made = ts.isNewExpression(node) && node.expression.getText().endsWith('MillraceError');
    const isText =
      ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node) || ts.isTemplateLiteralToken(node);
    if (isText) codes.push(...(node.text.match(CODE) ?? []));
    if (!made) ts.forEachChild(node, visit);
  };
  visit(source);
  return codes;
}

function tests(): { path: string; text: string }[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.endsWith('error-codes.test.ts'))
    .filter((path) => !path.startsWith('docs'))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));
}

describe('every error code', () => {
  it('is expected by a test', () => {
    const expected = new Set(tests().flatMap(({ path, text }) => expectedIn(path, text)));
    expect(Object.keys(ERROR_CODES).filter((code) => !expected.has(code))).toEqual([]);
  });

  it('counts where it is expected, and not where it is only mentioned or made', () => {
    const sample = [
      `// MR_ONE`,
      `throw new MillraceError('MR_TWO', 'text');`,
      `expect(code).toBe('MR_THREE');`,
      'expect(text).toMatch(/^MR_FOUR: /m);',
      'expect(text).toContain(`MR_FIVE`);',
    ].join('\n');
    expect(expectedIn('sample.ts', sample)).toEqual(['MR_THREE', 'MR_FOUR', 'MR_FIVE']);
  });
});
