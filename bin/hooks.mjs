// Owns: how module specifiers and files of users are resolved. Runs in Node's hooks thread (Node 20) or in the main
// thread (Node 22.15 and later). Compiling TypeScript is tsx's work; this file only steers it:
// - `millrace` and `millrace/*` are always this installation, so that there is one instance of every class;
// - a TypeScript file is always an ES module, whatever package.json is near it (.cts excepted). Without this a
//   topology outside a "type": "module" package would be compiled to CommonJS and lose top-level await and named exports.
// - tsx compiles with esbuild's keepNames, which calls Object.defineProperty each time a named inner function is made:
//   0.5 µs and more for a closure in a bolt. Names are not minified here, so the call has nothing to do and is removed.
// Invariant: nothing outside those rules is touched.

import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const { exports: entries } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const condition = existsSync(new URL('src/index.ts', root)) ? 'millrace-source' : 'default';

/** URL of one of our own entry points, or undefined if the specifier is none of them. */
function ownEntry(specifier) {
  if (specifier !== 'millrace' && !specifier.startsWith('millrace/')) return undefined;
  const entry = entries[`.${specifier.slice('millrace'.length)}`];
  if (entry === undefined) return undefined;
  const target = typeof entry === 'string' ? entry : entry[condition];
  return target === undefined ? undefined : new URL(target, root).href;
}

function isTypeScriptModule(url) {
  return url.startsWith('file:') && /\.m?tsx?$/.test(url.replace(/[?#].*$/, ''));
}

/** tsx takes a .js file for CommonJS unless package.json says otherwise; Node looks into the file, and so do we. */
function isAmbiguousScript({ url, format }) {
  return format === 'commonjs' && /\.js$/.test(url) && !url.includes('/node_modules/');
}

function withFormat(resolved) {
  if (isTypeScriptModule(resolved.url)) return { ...resolved, format: 'module' };
  return isAmbiguousScript(resolved) ? { ...resolved, format: undefined } : resolved;
}

const NAME_HELPER =
  /var __name=\(target,value\)=>__defProp\(target,"name",\{value,configurable:(?:true|!0)\}\)/;

function withoutNaming(loaded) {
  if (loaded.format !== 'module' || loaded.source === null || loaded.source === undefined) return loaded;
  const source =
    typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source).toString('utf8');
  // As long as what it replaces, so that the source map still fits.
  const blank = (helper) => 'var __name=(target)=>target'.padEnd(helper.length);
  return { ...loaded, source: source.replace(NAME_HELPER, blank) };
}

/** For `module.registerHooks`. */
export function loadSync(url, context, next) {
  const loaded = next(url, context);
  return isTypeScriptModule(url) ? withoutNaming(loaded) : loaded;
}

/** For `module.register`. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  return isTypeScriptModule(url) ? withoutNaming(loaded) : loaded;
}

/**
 * An exact path to JavaScript is that file. tsx would prefer a .ts file of the same name, which is right for imports in
 * TypeScript and wrong for the file that the command line names.
 */
function exactScript(specifier) {
  if (!specifier.startsWith('file:') || !/\.m?js$/.test(specifier) || !existsSync(new URL(specifier)))
    return undefined;
  return { url: specifier, format: specifier.endsWith('.mjs') ? 'module' : undefined, shortCircuit: true };
}

/** For `module.registerHooks`. */
export function resolveSync(specifier, context, next) {
  return exactScript(specifier) ?? withFormat(next(ownEntry(specifier) ?? specifier, context));
}

/** For `module.register`. */
export async function resolve(specifier, context, next) {
  return exactScript(specifier) ?? withFormat(await next(ownEntry(specifier) ?? specifier, context));
}
