// Owns: `millrace doctor`: what this machine has, what is missing and how to get it. Changes nothing but a probe file in
// the data folder, which it removes.

import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EXIT } from '../base/error-codes.ts';
import { messageOf } from '../base/errors.ts';
import type { Command, CommandInput } from './command.ts';
import { DATA_OPTION } from './common-options.ts';
import { inspectDataFolder } from './data-folder.ts';
import type { Finding } from './finding.ts';
import { bytes, milliseconds } from './format.ts';
import { packageInfo } from './package-info.ts';
import type { Output } from './terminal.ts';
import { findCompiler } from './type-check.ts';

const SYNC_PROBES = 20;
const SLOW_SYNC_MS = 20;
const LITTLE_SPACE = 1_073_741_824;

export const doctorCommand: Command = {
  name: 'doctor',
  argumentsHelp: '',
  summary: 'Looks at this machine and says what is missing and how to get it.',
  positionals: [0, 0],
  options: {
    data: DATA_OPTION,
    json: { type: 'boolean', help: 'print the findings as one JSON object' },
  },
  examples: ['millrace doctor', 'millrace doctor --data /var/lib/millrace'],
  run: doctor,
};

async function doctor({ options, terminal }: CommandInput): Promise<number> {
  const dataDir = resolve(options.text('data') ?? DATA_OPTION.default);
  const findings = [
    millrace(),
    nodeVersion(process.versions.node),
    processor(),
    memory(),
    typescript(),
    ...(await disk(dataDir)),
    ...(await inspectDataFolder(dataDir)),
  ];
  const able = findings.every(({ verdict }) => verdict !== 'missing');
  if (options.flag('json')) terminal.out.line(JSON.stringify({ able, findings }));
  else print(findings, able, terminal.out);
  return able ? EXIT.ok : EXIT.missing;
}

function print(findings: readonly Finding[], able: boolean, out: Output): void {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const signs = {
    ok: out.style('green', 'ok     '),
    hint: out.style('yellow', 'hint   '),
    missing: out.style('red', 'missing'),
  };
  for (const { what, is, verdict, advice } of findings) {
    out.line(`${signs[verdict]}  ${what.padEnd(width)}  ${is}`);
    if (advice !== undefined) out.line(`${' '.repeat(width + 11)}${advice}`);
  }
  out.line();
  out.line(able ? 'Millrace can run here.' : 'Millrace cannot run here until what is missing is there.');
}

function millrace(): Finding {
  const { version, root, isCheckout } = packageInfo();
  return {
    what: 'millrace',
    is: `${version}, ${isCheckout ? 'sources' : 'package'} in ${root}`,
    verdict: 'ok',
  };
}

export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const able = major > 20 || (major === 20 && minor >= 19);
  if (able) return { what: 'node', is: version, verdict: 'ok' };
  return {
    what: 'node',
    is: version,
    verdict: 'missing',
    advice: 'Node 20.19 or later is needed: https://nodejs.org',
  };
}

function processor(): Finding {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  return { what: 'processor', is: `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}`, verdict: 'ok' };
}

function memory(): Finding {
  return { what: 'memory', is: `${bytes(totalmem())}, ${bytes(freemem())} free`, verdict: 'ok' };
}

function typescript(): Finding {
  const compiler = findCompiler(join(process.cwd(), 'topology.ts'));
  if (compiler !== undefined) return { what: 'typescript', is: compiler.version, verdict: 'ok' };
  return {
    what: 'typescript',
    is: 'not installed: topologies run, millrace check cannot check their types',
    verdict: 'hint',
    advice: 'npm install --save-dev typescript',
  };
}

/** Free space and the time of a durable write, in the data folder or in the nearest folder above it that exists. */
async function disk(dataDir: string): Promise<Finding[]> {
  try {
    await mkdir(dataDir, { recursive: true });
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    const latency = await syncLatencyMs(dataDir);
    return [
      {
        what: 'disk space',
        is: `${bytes(free)} free`,
        ...(free >= LITTLE_SPACE
          ? { verdict: 'ok' as const }
          : { verdict: 'hint' as const, advice: 'make room, or choose another folder with --data' }),
      },
      {
        what: 'durable write',
        is: `${milliseconds(latency)} (median of ${SYNC_PROBES} writes of 4 KiB with fdatasync)`,
        ...(latency <= SLOW_SYNC_MS
          ? { verdict: 'ok' as const }
          : { verdict: 'hint' as const, advice: 'a local SSD makes topics and positions faster' }),
      },
    ];
  } catch (error) {
    const advice = `make ${dirname(dataDir)} writable, or choose another folder with --data`;
    return [{ what: 'data folder', is: `${dataDir}: ${messageOf(error)}`, verdict: 'missing', advice }];
  }
}

async function syncLatencyMs(dir: string): Promise<number> {
  const path = join(dir, `.doctor-${process.pid}`);
  const file = await open(path, 'w');
  const times: number[] = [];
  try {
    const block = Buffer.alloc(4_096, 1);
    for (let probe = 0; probe < SYNC_PROBES; probe++) {
      const start = performance.now();
      await file.write(block, 0, block.length, probe * block.length);
      await file.datasync();
      times.push(performance.now() - start);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  return times.sort((a, b) => a - b)[SYNC_PROBES >> 1]!;
}
