// Owns: noticing that npm is gone, where npm started the command. `npx millrace` is three processes: npm, a shell, and
// this one. Signals that are sent to npm end the shell and do not come here, so without this an engine would go on running with
// its data folder locked after its user killed what he had started. Not here: what a signal does (run.ts).
// Invariant: it never speaks unless npm started the command; whoever starts it in any other way may die before it.

import { readFileSync } from 'node:fs';

const LOOK_MS = 100;
/** Commands of npm that stand between the user and the engine. */
const NPM_COMMANDS: readonly string[] = ['exec', 'start', 'run-script'];

/** What it looks at; another one in tests. */
export interface Ancestors {
  /** The npm command that started this process; undefined if none did. */
  readonly npmCommand: string | undefined;
  parent(): number;
  /** The parent of the parent, null where that cannot be told. */
  grandparent(): number | null;
}

/**
 * Calls `tell` once, with the signal that npm most likely got: SIGTERM where it took the shell along, as it does with signals
 * that it can see; SIGKILL where it left the shell behind. Returns how to stop.
 */
export function watchLauncher(
  tell: (signal: NodeJS.Signals) => void,
  ancestors = ownAncestors(),
): () => void {
  if (ancestors.npmCommand === undefined || !NPM_COMMANDS.includes(ancestors.npmCommand)) return () => {};
  const shell = ancestors.parent();
  const npm = ancestors.grandparent();
  const timer = setInterval(() => {
    const shellIsGone = ancestors.parent() !== shell;
    if (!shellIsGone && (npm === null || ancestors.grandparent() === npm)) return;
    clearInterval(timer);
    tell(shellIsGone ? 'SIGTERM' : 'SIGKILL');
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function ownAncestors(): Ancestors {
  return {
    npmCommand: process.env['npm_command'],
    parent: () => process.ppid,
    grandparent: () => parentOf(process.ppid),
  };
}

/** Field 4 of /proc/<pid>/stat. The second field is in brackets and may itself hold blanks and brackets. */
function parentOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
