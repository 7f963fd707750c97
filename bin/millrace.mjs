#!/usr/bin/env node
// Owns: the start of the command. In a checkout it runs the TypeScript sources as they are, in the published package
// the compiled ones; users' TypeScript files work in both. One process, whatever happens.

import { existsSync } from 'node:fs';

const source = new URL('../src/cli/main.ts', import.meta.url);
const compiled = new URL('../dist/cli/main.js', import.meta.url);

async function enableTypeScript() {
  const typescript = await import('./typescript.mjs');
  typescript.enableTypeScript();
}

const fromSource = existsSync(source);
if (fromSource) await enableTypeScript();
const { main } = await import((fromSource ? source : compiled).href);
await main(process.argv.slice(2), { enableTypeScript });
