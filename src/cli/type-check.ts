// Owns: checking the types of a user's topology with the TypeScript compiler, if there is one. Not here: compiling (tsx
// strips types without looking at them). Invariants: only the user's files are judged, never ours or those of packages;
// `millrace` means this installation, as it does at run time.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type ts from 'typescript';
import { MillraceError } from '../base/errors.ts';
import { packageInfo } from './package-info.ts';
import type { Terminal } from './terminal.ts';

/** Problems shown at once; the rest is counted. */
const SHOWN_PROBLEMS = 20;

export type TypeCheckResult =
  | { readonly kind: 'checked'; readonly version: string; readonly problems: readonly string[] }
  /** Types were not checked: why, and what to do. */
  | { readonly kind: 'not-checked'; readonly reason: string };

/** Throws MR_TYPE_ERROR with the place and message of every problem. Says on standard error if it could not check. */
export async function assertTypes(file: string, terminal: Terminal): Promise<TypeCheckResult> {
  const result = checkTypes(file);
  if (result.kind === 'not-checked') {
    terminal.err.line(`types were not checked: ${result.reason}`);
    return result;
  }
  if (result.problems.length === 0) return result;
  const shown = result.problems.slice(0, SHOWN_PROBLEMS);
  const rest = result.problems.length - shown.length;
  throw new MillraceError(
    'MR_TYPE_ERROR',
    `${relative('.', file)} has type errors: ${result.problems.length}.`,
    {
      got: [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'),
      next: 'correct the types; millrace run does not look at them unless --check-types is given',
    },
  );
}

/** `file` is an absolute path. */
export function checkTypes(file: string): TypeCheckResult {
  if (!/\.[mc]?tsx?$/.test(file)) return { kind: 'not-checked', reason: 'the file is not TypeScript' };
  const compiler = findCompiler(file);
  if (compiler === undefined) {
    return { kind: 'not-checked', reason: 'typescript is not installed; npm install --save-dev typescript' };
  }
  const options = compilerOptions(compiler, file);
  const host = compiler.createCompilerHost(options);
  resolveOwnTypes(compiler, host, options);
  const ambient = addAmbientNode(compiler, host, options, file);
  const program = compiler.createProgram({ rootNames: [file, ...ambient], options, host });
  const ownSources = join(packageInfo().root, 'src/');
  const problems = program
    .getSourceFiles()
    .filter(({ fileName }) => !program.isSourceFileFromExternalLibrary(program.getSourceFile(fileName)!))
    .filter(({ fileName, isDeclarationFile }) => !isDeclarationFile && !fileName.startsWith(ownSources))
    .flatMap((source) => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]);
  return {
    kind: 'checked',
    version: compiler.version,
    problems: problems.map((problem) => text(compiler, problem)),
  };
}

/** The user's own compiler, else the one beside us. */
export function findCompiler(file: string): typeof ts | undefined {
  for (const from of [file, import.meta.url]) {
    try {
      return createRequire(from)('typescript') as typeof ts;
    } catch {
      // Not there: look at the next place.
    }
  }
  return undefined;
}

/** What a tsconfig.json above the file says, else strict settings; how modules are found is ours in both cases. */
function compilerOptions(compiler: typeof ts, file: string): ts.CompilerOptions {
  const config = compiler.findConfigFile(dirname(file), compiler.sys.fileExists);
  const fromConfig = config === undefined ? {} : readConfig(compiler, config);
  return {
    target: compiler.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    strict: true,
    ...fromConfig,
    module: compiler.ModuleKind.Preserve,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    skipLibCheck: true,
  };
}

function readConfig(compiler: typeof ts, path: string): ts.CompilerOptions {
  const { config } = compiler.readConfigFile(path, compiler.sys.readFile);
  const { options } = compiler.parseJsonConfigFileContent(config ?? {}, compiler.sys, dirname(path));
  const { tsBuildInfoFile: _, ...rest } = options;
  return rest;
}

function resolveOwnTypes(compiler: typeof ts, host: ts.CompilerHost, options: ts.CompilerOptions): void {
  const { root, types } = packageInfo();
  const cache = compiler.createModuleResolutionCache(
    host.getCurrentDirectory(),
    host.getCanonicalFileName,
    options,
  );
  host.resolveModuleNameLiterals = (literals, containingFile, redirected, resolveOptions) =>
    literals.map(({ text: name }) => {
      const own = types[name];
      if (own === undefined) {
        return compiler.resolveModuleName(name, containingFile, resolveOptions, host, cache, redirected);
      }
      const extension = own.endsWith('.d.ts') ? compiler.Extension.Dts : compiler.Extension.Ts;
      return {
        resolvedModule: { resolvedFileName: join(root, own), extension, isExternalLibraryImport: false },
      };
    });
}

const AMBIENT_NODE = `
declare module 'node:*';
declare const process: any;
declare const Buffer: any;
`;

/**
 * Node's types are a package of their own. Where there are none, modules of Node are of type any: that somebody did
 * not install @types/node is no error in the topology.
 */
function addAmbientNode(
  compiler: typeof ts,
  host: ts.CompilerHost,
  options: ts.CompilerOptions,
  file: string,
): readonly string[] {
  const roots = [...parents(dirname(file)), ...parents(packageInfo().root)].map((dir) =>
    join(dir, 'node_modules/@types'),
  );
  const root = roots.find((dir) => existsSync(join(dir, 'node/package.json')));
  if (root !== undefined) {
    options.typeRoots = [...(options.typeRoots ?? []), root];
    options.types = [...new Set([...(options.types ?? []), 'node'])];
    return [];
  }
  options.lib = [...(options.lib ?? []), 'lib.dom.d.ts'];
  const name = join(dirname(file), 'millrace-ambient-node.d.ts');
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === name
      ? compiler.createSourceFile(path, AMBIENT_NODE, compiler.ScriptTarget.ES2023)
      : getSourceFile(path, ...rest);
  return [name];
}

function parents(dir: string): string[] {
  const up = dirname(dir);
  return up === dir ? [dir] : [dir, ...parents(up)];
}

function text(compiler: typeof ts, { file, start, messageText }: ts.Diagnostic): string {
  const message = compiler.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return message;
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return `${relative('.', file.fileName)}:${line + 1}:${character + 1}: ${message}`;
}
