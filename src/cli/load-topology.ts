// Owns: from the path on the command line to what the file exports. Turns all that can be wrong with a user's file into
// one error that says where. Not here: building the plan (topology/), checking types (type-check.ts).

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AssertionError } from '../base/assert.ts';
import { MillraceError, messageOf, systemCodeOf } from '../base/errors.ts';
import type { Host } from './command.ts';
import { compileErrorOf, locate } from './source-place.ts';
import { nearest } from './suggest.ts';

/**
 * Absolute path of the user's file. Throws MR_FILE_NOT_FOUND.
 */
export async function findFile(path: string): Promise<string> {
  const file = resolve(path);
  const found = await stat(file).catch((error: unknown) => {
    if (systemCodeOf(error) === 'EACCES')
      throw notLoadable(file, 'It cannot be read: permission denied.', error);
    return undefined;
  });
  if (found?.isFile() === true) return file;
  const guess = nearest(basename(file), await readdir(dirname(file)).catch(() => []));
  const what = found === undefined ? `There is no file ${path}.` : `${path} is not a file.`;
  throw new MillraceError('MR_FILE_NOT_FOUND', what, {
    expected: 'a .ts, .mts, .js or .mjs file with a topology as its default export',
    got: found === undefined ? `nothing at ${file}` : `a folder at ${file}`,
    ...(guess === undefined || found !== undefined
      ? {}
      : { next: `perhaps you mean ${relative('.', resolve(dirname(file), guess))}` }),
  });
}

/** The default export of `file`. Throws MR_FILE_NOT_LOADABLE, MR_NO_DEFAULT_EXPORT, and what the file itself throws as MillraceError. */
export async function importDefault(file: string, host: Host): Promise<unknown> {
  await host.enableTypeScript();
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof MillraceError || error instanceof AssertionError) throw error;
    throw notLoadable(file, whatWentWrong(error), error);
  }
  const exported = module['default'];
  if (exported !== undefined) return exported;
  const names = Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports');
  throw noDefaultExport(file, names.length === 0 ? 'no exports' : `only the exports ${names.join(', ')}`);
}

/** The error for a default export that is missing or is not a topology. `got` says what is there. */
export function noDefaultExport(file: string, got: string): MillraceError {
  return new MillraceError('MR_NO_DEFAULT_EXPORT', `${relative('.', file)} does not export a topology.`, {
    expected: 'a topology, or a function (settings) => topology, as default export',
    got,
    next: "end the file with: export default t; where t = topology('name')",
  });
}

export function notLoadable(file: string, got: string, cause: unknown): MillraceError {
  const where = locate(cause);
  return new MillraceError('MR_FILE_NOT_LOADABLE', `${relative('.', file)} could not be loaded.`, {
    got: where === undefined ? got : `${got}\nat ${where}`,
    ...adviceFor(cause),
    cause,
  });
}

function whatWentWrong(error: unknown): string {
  const message = messageOf(error);
  const compile = compileErrorOf(message);
  if (compile !== undefined) return `syntax error: ${compile.text}`;
  if (!(error instanceof Error)) return `it throws ${message}`;
  return `${error.name}: ${message}`;
}

function adviceFor(error: unknown): { next?: string } {
  if (systemCodeOf(error) !== 'ERR_MODULE_NOT_FOUND') return {};
  const name = /Cannot find package '([^']+)'/.exec(messageOf(error))?.[1];
  return name === undefined ? {} : { next: `npm install ${name}` };
}
