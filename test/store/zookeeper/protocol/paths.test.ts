// Owns: paths are judged as ZooKeeper does: its rules, and a table of what its own validatePath answered.

import { describe, expect, it } from 'vitest';
import { isPath, pathProblem } from '../../../../src/store/zookeeper/protocol/paths.ts';

const GOOD = [
  '/',
  '/a',
  '/a/b',
  '/.a',
  '/a.',
  '/..a',
  '/a..',
  '/...',
  '/a/.../b',
  '/a..b/c',
  '/ ',
  '/é',
  '/\uf900',
  '/\uffef',
  '/\u00a0',
  '/~',
];
const BAD = [
  '',
  'a',
  'a/',
  '//',
  '/a/',
  '/a//b',
  '/.',
  '/..',
  '/a/.',
  '/a/..',
  '/a/./b',
  '/a/../b',
  '/./a',
  '/../a',
  '/\0',
  '/a\u0001',
  '/\u001f',
  '/\u007f',
  '/\u009f',
  '/\ud800',
  '/😀',
  '/\uf8ff',
  '/\ue000',
  '/\ufff0',
  '/\uffff',
];

describe('paths', () => {
  it.each(GOOD)('%j is one', (path) => expect(pathProblem(path)).toBeUndefined());
  it.each(BAD)('%j is none', (path) => expect(pathProblem(path)).toBeTypeOf('string'));

  it('of sequential nodes may end where the number begins', () => {
    expect(isPath('/a/', true)).toBe(true);
    expect(isPath('/a/.', true)).toBe(true);
    expect(isPath('/', true)).toBe(true);
    expect(isPath('', true)).toBe(false);
    expect(isPath('/a//', true)).toBe(false);
  });

  it('says where', () => expect(pathProblem('/ab//c')).toBe('a name is empty at 4'));
});
