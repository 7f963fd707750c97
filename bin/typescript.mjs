// Owns: making this process able to import TypeScript, in the process itself (no wrapper process, so that a signal or a
// kill hits the engine). Not here: which files, and what they resolve to (hooks.mjs).

import nodeModule from 'node:module';
import { register } from 'tsx/esm/api';
import { loadSync, resolveSync } from './hooks.mjs';

let enabled = false;

/** Idempotent. Hooks registered later run earlier, so ours steer tsx's. */
export function enableTypeScript() {
  if (enabled) return;
  enabled = true;
  // A tsconfig.json that happens to lie in the current folder must not change what a topology means.
  register({ tsconfig: false });
  if (typeof nodeModule.registerHooks === 'function')
    nodeModule.registerHooks({ resolve: resolveSync, load: loadSync });
  else nodeModule.register('./hooks.mjs', import.meta.url);
}
