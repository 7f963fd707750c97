// Owns: dispatch to the commands, top-level help, and the end of the process. Not here: any one command.
// Invariant: the process ends by itself, with the exit code of the command or its error, after all output has left.

import { EXIT } from '../base/error-codes.ts';
import { commandHelp, type Host, parseArguments } from './command.ts';
import { COMMANDS, type Entry, findCommand } from './commands.ts';
import { packageInfo } from './package-info.ts';
import { showError } from './show-error.ts';
import { flushed, processTerminal, type Terminal } from './terminal.ts';

/** Runs the command line and ends the process. */
export async function main(args: readonly string[], host: Host): Promise<never> {
  const terminal = processTerminal(() => process.exit(EXIT.ok));
  process.on('uncaughtException', (error) => endWith(showError(error, terminal)));
  return endWith(await dispatch(args, host, terminal));
}

/** Ends the process even if something still holds it open: a run that is over must not hang. */
async function endWith(code: number): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

/** Resolves to the exit code; never rejects. */
export async function dispatch(args: readonly string[], host: Host, terminal: Terminal): Promise<number> {
  try {
    return await runWords(args, host, terminal);
  } catch (error) {
    return showError(error, terminal);
  }
}

async function runWords(args: readonly string[], host: Host, terminal: Terminal): Promise<number> {
  const [first] = args;
  if (first === '--version' || first === '-v') {
    terminal.out.line(packageInfo().version);
    return EXIT.ok;
  }
  if (
    first === undefined ||
    first === '--help' ||
    first === '-h' ||
    (first === 'help' && args.length === 1)
  ) {
    terminal.out.line(topHelp(terminal));
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  const words = first === 'help' ? [...args.slice(1), '--help'] : args;
  const { prefix, entry, rest } = findCommand(words);
  if ('actions' in entry) {
    terminal.out.line(listing(prefix, entry.actions, terminal));
    return rest.length === 0 ? EXIT.usage : EXIT.ok;
  }
  const command = await entry.load();
  const { help, positionals, options } = parseArguments(command, rest);
  if (!help) return command.run({ positionals, options, terminal, host });
  terminal.out.line(commandHelp(command, terminal.out));
  return EXIT.ok;
}

function topHelp(terminal: Terminal): string {
  return [
    'Millrace runs stream topologies written in TypeScript. The delivery guarantee is chosen when they are run.',
    '',
    listing('millrace', COMMANDS, terminal),
    '',
    '  millrace COMMAND --help   options and examples of a command',
    '  millrace --version        the version',
  ].join('\n');
}

function listing(prefix: string, entries: Readonly<Record<string, Entry>>, terminal: Terminal): string {
  const width = Math.max(...Object.keys(entries).map((name) => name.length));
  const lines = Object.entries(entries).map(
    ([name, { summary }]) => `  ${prefix} ${name.padEnd(width)}  ${summary}`,
  );
  return [terminal.out.style('bold', 'commands'), ...lines].join('\n');
}
