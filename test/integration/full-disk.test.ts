// Owns: what happens when the disk of the data folder is full: nothing is acknowledged that is not safe, the run ends with a clear
// error instead of hanging, and the next one goes on once there is room.
//
// The disk is a small file system in memory. Where it may not be mounted (tests that are not root), the process gets a limit
// for the size of its files instead: writes then fail as really, with EFBIG in place of ENOSPC.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BIN, millrace, type Outcome, start } from '../cli/command-line.ts';
import { dataFolder, deadLettersIn, fill, fixture, resultOf, TopicWatch, valuesIn } from './harness.ts';

// Each test starts several processes, and the machine may have more to do.
vi.setConfig({ testTimeout: 90_000 });

const NUMBERS = Array.from({ length: 400 }, (_, n) => `${n} ${'x'.repeat(100)}`);
const DISK_BYTES = 2_097_152;
const MOUNTABLE = canMount();

/** A folder with a file system of its own if that can be, else an ordinary one. */
function smallDisk(): string {
  const path = join(dataFolder(), 'disk');
  mkdirSync(path);
  if (MOUNTABLE) {
    mount(path);
    onTestFinished(() => void execFileSync('umount', ['-l', path]));
  }
  return path;
}

function mount(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'millrace-test', path], {
    stdio: 'ignore',
  });
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'millrace-test', '/mnt'], {
      stdio: 'ignore',
    });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Takes the room that is left, to the last byte. */
function fillUp(disk: string): void {
  for (const piece of [65_536, 4_096, 64]) {
    try {
      for (let taken = 0; taken <= DISK_BYTES; taken += piece) {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(piece), { flag: 'a' });
      }
    } catch {
      // Full, as far as pieces of this size go.
    }
  }
}

function makeRoom(disk: string): void {
  rmSync(join(disk, 'filler'), { force: true });
}

function args(dataDir: string, ...more: string[]): string[] {
  const command = ['run', fixture('numbers'), '--data', dataDir, '--json', '--until-end'];
  return [...command, '--set', 'retryBackoffMs=1', '--set', 'maxPending=32', ...more];
}

/** A run that finds the disk full after the first outputs. */
async function runIntoTheEnd(dataDir: string, ...more: string[]): Promise<Outcome> {
  if (!MOUNTABLE) return await runWithFileLimit(dataDir, ...more);
  const watch = await TopicWatch.open(dataDir, 'copy');
  const running = start(args(dataDir, '--set', 'pauseMs=5', ...more), { cwd: '/' });
  await watch.reaches(20, running);
  fillUp(dataDir);
  return await running.outcome;
}

/** Files grow to 16 or 32 KiB (the unit differs among shells); the outputs need more. */
function runWithFileLimit(dataDir: string, ...more: string[]): Promise<Outcome> {
  const line = 'ulimit -f 32; exec "$@"';
  const child = spawn('sh', ['-c', line, 'sh', process.execPath, BIN, ...args(dataDir, ...more)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

async function withNumbers(): Promise<string> {
  const disk = smallDisk();
  await fill(disk, 'numbers', NUMBERS);
  await fill(disk, 'copy', []);
  return disk;
}

describe('a disk that fills up during a run', () => {
  it('under at least once: no record is passed over, and the next run does them all', async () => {
    const disk = await withNumbers();
    const full = await runIntoTheEnd(disk);
    expect(full.stderr).not.toMatch(/^ {4}at /m);
    if (MOUNTABLE) {
      // Neither the output nor the dead letter could be written.
      expect(full.code).toBe(74);
      expect(full.stderr).toMatch(/^MR_DEAD_LETTER_FAILED: /m);
      expect(full.stderr).toContain('The disk is full');
      expect(resultOf(full)).toMatchObject({ status: 'failed', deadLettered: 0 });
    }
    const before = (await valuesIn(disk, 'copy')).length;
    expect(before).toBeLessThan(NUMBERS.length);
    makeRoom(disk);
    const again = await millrace(args(disk), { cwd: '/' });
    expect(resultOf(again)['status']).toBe('completed');
    const letters = await deadLettersIn(disk, 'numbers');
    expect(letters.length > 0).toBe(!MOUNTABLE);
    const done = new Set([...(await valuesIn(disk, 'copy')), ...letters.map(({ value }) => String(value))]);
    expect(done).toEqual(new Set(NUMBERS));
  });

  it('under at most once: nothing is done twice, before or after', async () => {
    const disk = await withNumbers();
    await runIntoTheEnd(disk, '--guarantee', 'at-most-once', '--set', 'stallLimitMs=1000');
    makeRoom(disk);
    const again = await millrace(args(disk, '--guarantee', 'at-most-once'), { cwd: '/' });
    expect(resultOf(again)['status']).toBe('completed');
    const done = await valuesIn(disk, 'copy');
    expect(done.length).toBeGreaterThanOrEqual(20);
    expect(new Set(done).size).toBe(done.length);
  });
});

describe('a disk that is full from the start', () => {
  it('is one clear error, and leaves nothing behind', async () => {
    const disk = await withNumbers();
    fillUp(disk);
    const limited = await (MOUNTABLE ? millrace(args(disk), { cwd: '/' }) : runWithFileLimit(disk));
    if (MOUNTABLE) {
      expect(limited.code).toBe(74);
      expect(limited.stderr).toMatch(/^MR_DISK_FULL: /m);
      expect(limited.stdout).toBe('');
      expect(readdirSync(disk).toSorted()).toEqual(['filler', 'topics']);
    }
    makeRoom(disk);
    const again = await millrace(args(disk), { cwd: '/' });
    expect(resultOf(again)['status']).toBe('completed');
  });
});
