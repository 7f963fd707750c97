// Owns: the small parts of the machine, each alone: paths, access control, memory of blobs, index, hash.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowed, resolveAcl } from '../../../src/store/machine/acl.ts';
import { AclCache } from '../../../src/store/machine/acl-cache.ts';
import { BlobSlab } from '../../../src/store/machine/blob-slab.ts';
import { isInIpRange, isIpRange } from '../../../src/store/machine/ip-range.ts';
import { PathIndex } from '../../../src/store/machine/path-index.ts';
import { isValidPath, sequenceSuffix } from '../../../src/store/machine/paths.ts';
import { formatUsage, parseUsage } from '../../../src/store/machine/quota-usage.ts';

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

describe('paths', () => {
  it.each(['/', '/a', '/a/b', '/...', '/.a', '/a.', '/a..b', '/..a/b', '/ ', '/日本'])(
    '%s is one',
    (path) => {
      expect(isValidPath(path)).toBe(true);
    },
  );

  it.each([
    '',
    'a',
    '//',
    '/a/',
    '/a//b',
    '/.',
    '/..',
    '/a/./b',
    '/a/../b',
    '/a/..',
    '/\0',
    '/\u0001',
    '/\u007f',
    '/\u009f',
    '/\ud800',
    '/\ue000',
    '/\uf8ff',
    '/\ufff0',
    '/\uffff',
  ])('%j is none', (path) => {
    expect(isValidPath(path)).toBe(false);
  });

  it('sequential names have ten places, the sign among them', () => {
    expect([0, 42, 2_147_483_647, -1, -2_147_483_648].map(sequenceSuffix)).toEqual([
      '0000000000',
      '0000000042',
      '2147483647',
      '-000000001',
      '-2147483648',
    ]);
  });
});

describe('access control', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.4', '10.1.2.3', false],
    ['10.9.9.9', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['10.1.2.131', '10.1.2.128/25', true],
    ['10.1.2.127', '10.1.2.128/25', false],
    ['1.2.3.4', '9.9.9.9/0', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['127.0.0.1', '::/0', false],
  ])('%s in %s: %s', (address, range, isIn) => {
    expect(isInIpRange(address, range)).toBe(isIn);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.4/33',
    '1.2.3.4/x',
    ':::',
    '1:2:3',
    '1::2::3',
    '::/129',
    '12345::',
  ])('%j is no range', (range) => {
    expect(isIpRange(range)).toBe(false);
  });

  it('lets super do everything and nobody else what is not granted', () => {
    const acl = [{ permissions: 1, scheme: 'digest', id: 'a:b' }];
    const who = (scheme: string, id: string) => [{ scheme, id }];
    expect(isAllowed(acl, 2, who('super', ''))).toBe(true);
    expect(isAllowed(acl, 1, who('digest', 'a:b'))).toBe(true);
    expect(isAllowed(acl, 2, who('digest', 'a:b'))).toBe(false);
    expect(isAllowed(acl, 1, who('digest', 'a:c'))).toBe(false);
    expect(isAllowed(acl, 1, who('ip', 'a:b'))).toBe(false);
  });

  it('puts all proved identities in the place of auth', () => {
    const identities = ['a:x', 'b:y'].map((id) => ({ scheme: 'digest', id }));
    const acl = [{ permissions: 3, scheme: 'auth', id: '' }];
    expect(resolveAcl(acl, identities)).toEqual(identities.map((who) => ({ permissions: 3, ...who })));
    expect(resolveAcl(acl, [{ scheme: 'ip', id: '1.2.3.4' }])).toBeUndefined();
  });

  it('keeps a list once and forgets it with its last user', () => {
    const cache = new AclCache();
    const list = [{ permissions: 1, scheme: 'digest', id: 'a:b' }];
    const first = cache.acquire(list);
    expect(cache.acquire(structuredClone(list))).toBe(first);
    cache.release(first);
    expect(cache.entries(first)).toEqual(list);
    cache.release(first);
    expect(cache.acquire([{ permissions: 2, scheme: 'digest', id: 'a:b' }])).toBe(first);
    expect(() => cache.release(99)).toThrow('as often as it was acquired');
  });
});

describe('the memory of blobs', () => {
  it('gives back what was stored while others come and go, and all pages but one for each class at the end', () => {
    const step = fc.record({ size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 40_000 })), free: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
        const slab = new BlobSlab();
        const held: { ref: number; data: Uint8Array }[] = [];
        for (const [at, { size, free }] of steps.entries()) {
          const data = new Uint8Array(size).fill(at);
          held.push({ ref: slab.store(data), data });
          if (free % 3 !== 0) slab.free(held.splice(free % held.length, 1)[0]!.ref);
          for (const { ref, data: wanted } of held.slice(-4))
            expect(isSame(slab.read(ref, wanted.length), wanted)).toBe(true);
        }
        for (const { ref, data } of held) expect(isSame(slab.read(ref, data.length), data)).toBe(true);
        for (const { ref } of held) slab.free(ref);
        const classes = new Set(steps.map(({ size }) => size).filter((size) => size > 0 && size <= 16_384));
        expect(slab.bytes).toBeLessThanOrEqual(classes.size * 65_536);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the index of paths', () => {
  it('finds what is in it and nothing else, also when hashes are equal in all bits that it looks at', () => {
    const hash = fc.oneof(fc.integer(), fc.constantFrom(0, 1 << 31, 0x7ff00000), fc.nat({ max: 40 }));
    const steps = fc.array(fc.record({ hash, isRemoval: fc.boolean() }), {
      minLength: 500,
      maxLength: 3_000,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const present = new Map<number, number>();
        const index = new PathIndex((slot, path) => path === String(slot));
        for (const [slot, { hash: at, isRemoval }] of list.entries()) {
          index.insert(at, slot);
          present.set(slot, at);
          const first = present.entries().next().value;
          if (isRemoval && first !== undefined) {
            index.remove(first[1], first[0]);
            present.delete(first[0]);
            expect(index.find(first[1], String(first[0]))).toBe(-1);
          }
        }
        for (const [slot, at] of present) expect(index.find(at, String(slot))).toBe(slot);
      }),
      { numRuns: 20 },
    );
  });

  it('holds thousands of paths that an enemy chose to have one hash', () => {
    const index = new PathIndex((slot, path) => path === String(slot));
    for (let slot = 0; slot < 2_000; slot++) index.insert(7, slot);
    expect([index.find(7, '1999'), index.find(7, '2000'), index.find(8, '1')]).toEqual([1_999, -1, -1]);
  });
});

describe('the use of a quota', () => {
  it('is written as ZooKeeper writes it, and read back', () => {
    const text = 'count=4,bytes=5=;byteHardLimit=7;countHardLimit=6';
    const usage = parseUsage(new TextEncoder().encode(text))!;
    expect(new TextDecoder().decode(formatUsage(usage))).toBe(text);
    expect(parseUsage(new TextEncoder().encode('count'))).toBeUndefined();
    expect(parseUsage(new TextEncoder().encode('count=x'))).toBeUndefined();
  });
});
