// Owns: running the real command in tests, and folders to run it in.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BIN = join(ROOT, 'bin/millrace.mjs');

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves when standard error has shown `text`; rejects when the process ends without. */
  shown(text: string): Promise<void>;
  readonly outcome: Promise<Outcome>;
}

export interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the command in a process of its own, with pipes for all three streams. */
export function start(args: readonly string[], { cwd, env }: Where): Running {
  const {
    NO_COLOR: _noColor,
    FORCE_COLOR: _forceColor,
    NODE_OPTIONS: _nodeOptions,
    ...inherited
  } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Nothing that a test starts outlives it by much.
    timeout: 25_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const shown = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve();
      };
      child.stderr.on('data', look);
      look();
      void outcome.then((end) => reject(new Error(`ended before showing "${text}": ${JSON.stringify(end)}`)));
    });
  return { child, shown, outcome };
}

/** Runs the command to its end. */
export function millrace(args: readonly string[], where: Where, input = ''): Promise<Outcome> {
  const { child, outcome } = start(args, where);
  child.stdin.end(input);
  return outcome;
}

/**
 * Runs many command lines one after the other in one process, with the real loader: a process takes half a second to
 * start. Answers in their order.
 */
export async function millraceEach(
  lines: readonly (readonly string[])[],
  { cwd }: Where,
): Promise<Outcome[]> {
  const script = fileURLToPath(new URL('dispatch-each.mjs', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, JSON.stringify(lines)], {
    cwd,
  });
  try {
    return JSON.parse(stdout) as Outcome[];
  } catch {
    throw new Error(`no answers: ${stdout}${stderr}`);
  }
}

/** A new folder with these files (path to contents), and how to remove it. */
export function folder(files: Readonly<Record<string, string>>): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
