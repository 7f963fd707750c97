// Owns: what becomes of commands whose outcome is not known yet: order, limits, repetition, a life that was outlived.

import { describe, expect, it } from 'vitest';
import { Origins, splitOrigin } from '../../../src/store/replica/origins.ts';
import { Proposals } from '../../../src/store/replica/proposals.ts';

const command = (value: number) => Uint8Array.of(value);
const places = (entries: readonly Uint8Array[]) => entries.map((entry) => splitOrigin(entry).origin.place);

describe('commands that wait', () => {
  it('go to the leader in their order, each once, and all that are not applied again to the next', () => {
    const proposals = new Proposals<string>(1, 5, 10);
    for (let i = 0; i < 4; i++) void proposals.submit(command(i), 100);
    expect(places(proposals.next(3))).toEqual([1, 2, 3]);
    proposals.sent(3);
    expect(places(proposals.next(3))).toEqual([4]);
    proposals.sent(1);
    expect(proposals.next(3)).toEqual([]);
    proposals.applied(5, 1, 'done');
    proposals.sendAgain();
    expect(places(proposals.next(10))).toEqual([2, 3, 4]);
  });

  it('are refused beyond a limit, at once', async () => {
    const proposals = new Proposals<string>(1, 5, 2);
    for (let i = 0; i < 2; i++) void proposals.submit(command(i), 100);
    await expect(proposals.submit(command(3), 100)).rejects.toMatchObject({ code: 'MR_STORE_OVERLOADED' });
  });

  it('end in time without an outcome, but hold nobody back who waits behind them', async () => {
    const proposals = new Proposals<string>(1, 5, 10);
    const first = proposals.submit(command(1), 100);
    const second = proposals.submit(command(2), 900);
    proposals.expire(500);
    await expect(first).rejects.toMatchObject({ code: 'MR_STORE_TIMEOUT' });
    // The place is proposed all the same: without it the second would never count.
    expect(places(proposals.next(10))).toEqual([1, 2]);
    proposals.applied(5, 1, 'late');
    proposals.applied(5, 2, 'in time');
    await expect(second).resolves.toBe('in time');
    expect(proposals.size).toBe(0);
  });

  it('go again under a later life if this one was outlived', async () => {
    const proposals = new Proposals<string>(1, 5, 10);
    const outcome = proposals.submit(command(7), 100);
    expect(proposals.isOutlivedBy(9)).toBe(true);
    proposals.outlive(9);
    const [entry] = proposals.next(10);
    expect(splitOrigin(entry!)).toEqual({ origin: { replica: 1, life: 10, place: 1 }, command: command(7) });
    proposals.applied(10, 1, 'done');
    await expect(outcome).resolves.toBe('done');
  });
});

describe('origins', () => {
  it('let each command count once, in order, and no earlier life after a later one', () => {
    const origins = new Origins();
    const of = (life: number, place: number) => origins.admit({ replica: 1, life, place });
    expect([of(1, 1), of(1, 2), of(1, 2), of(1, 4), of(1, 3), of(1, 4)]).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect([of(2, 2), of(2, 1), of(1, 5), of(2, 2)]).toEqual([false, true, false, true]);
    const copy = new Origins();
    copy.restore(origins.encode());
    expect(copy.lifeOf(1)).toBe(2);
    expect(copy.admit({ replica: 1, life: 2, place: 3 })).toBe(true);
  });
});
