// Owns: what this installation is: its folder, its version, whether it is a checkout. Not here: anything about the user.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface PackageInfo {
  readonly version: string;
  /** Absolute path of the package, with a slash at the end. */
  readonly root: string;
  /** True where the TypeScript sources run as they are. */
  readonly isCheckout: boolean;
  /** Specifier to path relative to `root`, e.g. `millrace/testing` to `src/testing/index.ts` or `dist/testing/index.d.ts`. */
  readonly types: Readonly<Record<string, string>>;
}

/** Both src/cli and dist/cli lie two folders below the package. */
export function packageInfo(): PackageInfo {
  const root = new URL('../../', import.meta.url);
  const text = readFileSync(new URL('package.json', root), 'utf8');
  const manifest = JSON.parse(text) as {
    version: string;
    exports: Record<string, string | Record<string, string>>;
  };
  const isCheckout = existsSync(new URL('src/cli/main.ts', root));
  const types: Record<string, string> = {};
  for (const [key, target] of Object.entries(manifest.exports)) {
    const path = typeof target === 'string' ? undefined : target[isCheckout ? 'millrace-source' : 'types'];
    if (path !== undefined) types[`millrace${key.slice(1)}`] = path;
  }
  return { version: manifest.version, root: fileURLToPath(root), isCheckout, types };
}
