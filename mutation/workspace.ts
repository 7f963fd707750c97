// Owns: a copy of the source in a folder that is thrown away, where faults are planted and taken out again. Invariant: the
// repository itself is never written to; between two faults the copy is what it was at the start.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fault, planted } from './fault.ts';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What the detectors need. */
const COPIED = ['src', 'test/paxos', 'test/setup.ts', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

export class Workspace {
  readonly folder: string;

  /** A copy of `source`: the repository, or another copy. */
  constructor(source: string = ROOT) {
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-mutation-'));
    for (const path of COPIED) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      cpSync(join(source, path), join(this.folder, path), { recursive: true });
    }
    linkPackages(join(source, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Plants `fault`, does `work`, and takes it out again. */
  async with<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
    const read = (file: string) => readFileSync(join(this.folder, file), 'utf8');
    const changed = planted(fault, read);
    const before = new Map([...changed.keys()].map((file) => [file, read(file)]));
    this.write(changed);
    try {
      return await work();
    } finally {
      this.write(before);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(files: ReadonlyMap<string, string>): void {
    for (const [file, text] of files) writeFileSync(join(this.folder, file), text);
  }
}

/** One link per package, not one for all: tools keep caches beside the packages, which must not be the repository's. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from))
    if (!name.startsWith('.')) symlinkSync(join(from, name), join(to, name));
}
