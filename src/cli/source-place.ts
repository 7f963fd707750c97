// Owns: where in the user's code an error comes from, read from its message and its stack. Invariant: never a place in
// Millrace, in Node or in a package.

import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../base/errors.ts';
import { packageInfo } from './package-info.ts';

/** The first error of the TypeScript compiler (esbuild) in `message`, if it is from there. */
export function compileErrorOf(message: string): { place: string; text: string } | undefined {
  const match = /^(?<place>.+:\d+:\d+): ERROR: (?<text>.*)$/m.exec(message)?.groups;
  return match === undefined ? undefined : { place: match['place'] ?? '', text: match['text'] ?? '' };
}

/** `file:line:col` of the first place in the user's code that an error's message or stack names. */
export function locate(error: unknown): string | undefined {
  const compile = compileErrorOf(messageOf(error));
  if (compile !== undefined) return relativePlace(compile.place);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const { root, isCheckout } = packageInfo();
  const ownFolders = isCheckout ? [`${root}src/`, `${root}bin/`] : [root];
  for (const match of stack.matchAll(/(?<=^|[\s(])(?<place>(?:file:\/\/)?\/[^\s():]+:\d+(?::\d+)?)/gm)) {
    const place = match.groups?.['place'] ?? '';
    const path = place.startsWith('file:') ? place.replace(/^file:\/\//, '') : place;
    const foreign = path.includes('/node_modules/') || ownFolders.some((folder) => path.startsWith(folder));
    if (!foreign) return relativePlace(place);
  }
  const importer = /imported from (?<path>\/\S+)/.exec(messageOf(error))?.groups?.['path'];
  return importer === undefined ? undefined : relative('.', importer);
}

function relativePlace(place: string): string {
  const match = /^(.*?)((?::\d+)+)$/.exec(place);
  if (match === null) return place;
  const [, path = '', position = ''] = match;
  return `${relative('.', path.startsWith('file:') ? fileURLToPath(path) : resolve(path))}${position}`;
}
