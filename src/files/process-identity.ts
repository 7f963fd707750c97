// Owns: naming a process so that it can be told later whether it still runs, although numbers are used again.
// Linux tells everything through /proc; elsewhere only the process number is known.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot; null where /proc has none. */
  readonly startTime: string | null;
  /** Changes with each boot of the machine; null where /proc has none. */
  readonly boot: string | null;
  /** The namespace in which `pid` counts (containers have their own); null where /proc has none. */
  readonly namespace: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    startTime: processStat(process.pid)?.startTime ?? null,
    boot: readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: readOrNull(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/**
 * Whether `other` runs. `unknown` if it cannot be told from here (another machine, another container): whoever asks
 * must then assume that it does. A stopped process (SIGSTOP) runs; a zombie does not.
 */
export function processState(other: ProcessIdentity, self: ProcessIdentity): 'running' | 'dead' | 'unknown' {
  if (other.boot !== self.boot) return other.host === self.host ? 'dead' : 'unknown';
  if (other.boot === null && other.host !== self.host) return 'unknown';
  if (other.namespace !== self.namespace) return 'unknown';
  if (other.startTime === null || self.startTime === null)
    return signalReaches(other.pid) ? 'running' : 'dead';
  const stat = processStat(other.pid);
  if (stat === null || stat.state === 'Z' || stat.state === 'X') return 'dead';
  return stat.startTime === other.startTime ? 'running' : 'dead';
}

/** Fields 3 and 22 of /proc/<pid>/stat. The second field is in brackets and may itself hold blanks and brackets. */
function processStat(pid: number): { state: string; startTime: string } | null {
  const text = readOrNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: fields[19] ?? '' };
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

function readOrNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
