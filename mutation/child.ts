// Owns: running a detector's process: bounded in time and output, and ended when it is silent for too long. A mutant may
// well never end; that counts as noticed.

import { spawn } from 'node:child_process';

export interface ChildResult {
  /** The exit code, or 'silent' if it was ended for saying nothing for too long. */
  readonly ended: number | 'silent';
  readonly output: string;
}

const OUTPUT_LIMIT = 4 * 1024 * 1024;

/** Runs Node with these arguments in `folder`. `patience`: milliseconds without any output after which it is ended. */
export function runNode(folder: string, args: readonly string[], patience: number): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let silent = false;
    const end = () => {
      silent = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(end, patience);
    const take = (chunk: Buffer) => {
      if (output.length < OUTPUT_LIMIT) output += chunk.toString();
      clearTimeout(timer);
      timer = setTimeout(end, patience);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ended: silent ? 'silent' : (code ?? 1), output });
    });
  });
}
