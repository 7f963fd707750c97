// Owns: the rules of the house as functions from one file to its problems. tidy.test.ts applies them to the
// repository and proves on bad samples that each of them can fail.

import ts from 'typescript';

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A rule answers with one line per problem. */
export type Rule = (file: SourceFile) => readonly string[];

export const FILE_CEILING = 500;
export const FILE_GOAL = 250;
export const FUNCTION_CEILING = 70;

/** A room may import itself and rooms of lower layers. */
const LAYERS: Readonly<Record<string, number>> = {
  base: 0,
  files: 0.5,
  topology: 1,
  tracking: 1,
  log: 1,
  metrics: 1,
  paxos: 1,
  delivery: 2,
  state: 2,
  stream: 2,
  store: 2,
  runtime: 3,
  connectors: 4,
  simulation: 4,
  testing: 5,
  compare: 6,
  dashboard: 6,
  cli: 7,
};

const PURE_ROOMS = ['base', 'topology', 'stream', 'tracking', 'delivery', 'paxos'];

/** Where each package may be imported in src/. */
const PACKAGES: Readonly<Record<string, string>> = {
  kafkajs: 'src/connectors/kafka/',
  ioredis: 'src/connectors/redis/',
  rxjs: 'src/connectors/receiver/',
  pino: 'src/cli/logger.ts',
  typescript: 'src/cli/type-check.ts',
};

const GUARANTEE_NAMES = ['at-most-once', 'at-least-once', 'exactly-once'];

const PARSED = new WeakMap<SourceFile, ts.SourceFile>();

/** Each file is parsed once, for all rules. */
function parse(file: SourceFile): ts.SourceFile {
  const known = PARSED.get(file);
  if (known !== undefined) return known;
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true);
  PARSED.set(file, source);
  return source;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Visits every node; what `visit` returns becomes a problem with its line in front. */
function search(file: SourceFile, visit: (node: ts.Node) => string | undefined): string[] {
  const source = parse(file);
  const problems: string[] = [];
  walk(source, (node) => {
    const problem = visit(node);
    if (problem !== undefined) problems.push(`${file.path}:${lineOf(source, node)}: ${problem}`);
  });
  return problems;
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

/** The specifier if `node` is an import or export from somewhere, static, dynamic or in a type. */
function specifierOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return ts.isStringLiteral(node.argument.literal) ? node.argument.literal.text : undefined;
  }
  return undefined;
}

function searchImports(file: SourceFile, judge: (specifier: string) => string | undefined): string[] {
  return search(file, (node) => {
    const specifier = specifierOf(node);
    return specifier === undefined ? undefined : judge(specifier);
  });
}

/** `runtime` for src/runtime/lane.ts; undefined for files that lie in src/ itself or outside of it. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function targetOf(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

export const importArrows: Rule = (file) => {
  const room = roomOf(file.path);
  if (room === undefined) return [];
  const layer = LAYERS[room];
  if (layer === undefined) return [`${file.path}: the room ${room} is in no layer; add it to the tidy rules`];
  return searchImports(file, (specifier) => {
    if (!specifier.startsWith('.')) return undefined;
    const target = targetOf(file.path, specifier);
    const targetRoom = roomOf(target);
    if (targetRoom === room) return undefined;
    if (targetRoom === undefined) return `${room} reaches out of the rooms to ${target}`;
    if ((LAYERS[targetRoom] ?? Number.POSITIVE_INFINITY) >= layer)
      return `${room} must not import ${targetRoom}`;
    if (PURE_ROOMS.includes(room) && !PURE_ROOMS.includes(targetRoom)) {
      return `${room} is pure and must not import ${targetRoom}, which is not`;
    }
    return undefined;
  });
};

export const relativeImportsNameTheFile: Rule = (file) =>
  searchImports(file, (specifier) =>
    specifier.startsWith('.') && !/\.(?:ts|mjs)$/.test(specifier)
      ? `import of ${specifier} must end in .ts`
      : undefined,
  );

export const packagesStayInTheirRooms: Rule = (file) => {
  if (!file.path.startsWith('src/')) return [];
  return searchImports(file, (specifier) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    const home = PACKAGES[name];
    if (home === undefined)
      return `the package ${name} is in no list; add it to the tidy rules with its room`;
    return file.path.startsWith(home) ? undefined : `only ${home} may import ${name}`;
  });
};

const IMPURE_CALLS = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
]);

export const pureRoomsStayPure: Rule = (file) => {
  if (!PURE_ROOMS.includes(roomOf(file.path) ?? '')) return [];
  const imports = searchImports(file, (specifier) =>
    specifier.startsWith('node:') ? `a pure room must not import ${specifier}` : undefined,
  );
  const calls = search(file, (node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && node.arguments?.length === 0) {
      return 'a pure room is given the time';
    }
    if (!ts.isCallExpression(node)) return undefined;
    const name = node.expression.getText();
    return IMPURE_CALLS.has(name) ? `a pure room must not call ${name}` : undefined;
  });
  return [...imports, ...calls];
};

export const hasHeader: Rule = ({ path, text }) =>
  /^(?:#!.*\n)?\/\/ Owns: \S/.test(text) ? [] : [`${path}:1: the file does not begin with "// Owns: ..."`];

export const fileLength: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - 1;
  return lines > FILE_CEILING ? [`${path}: ${lines} lines, the ceiling is ${FILE_CEILING}`] : [];
};

export const functionLength: Rule = (file) =>
  search(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return undefined;
    const source = node.getSourceFile();
    const last = source.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const lines = last - lineOf(source, node) + 1;
    return lines > FUNCTION_CEILING
      ? `a function of ${lines} lines, the ceiling is ${FUNCTION_CEILING}`
      : undefined;
  });

const LEFTOVER_WORD = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const TEST_SWITCHES = new Set(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails']);
const TEST_WORDS = new Set(['it', 'test', 'describe', 'suite', 'bench']);

export const noLeftovers: Rule = (file) => {
  const words = file.text.split('\n').flatMap((line, index) => {
    const word = LEFTOVER_WORD.exec(line)?.[0];
    return word === undefined ? [] : [`${file.path}:${index + 1}: leftover ${word}`];
  });
  const code = search(file, (node) => {
    if (ts.isDebuggerStatement(node)) return 'leftover debugger';
    if (!ts.isPropertyAccessExpression(node)) return undefined;
    const { text: name } = node.name;
    if (node.expression.getText() === 'console') return `leftover console.${name}`;
    const [subject = ''] = node.expression.getText().split('.');
    return TEST_WORDS.has(subject) && TEST_SWITCHES.has(name) ? `leftover ${subject}.${name}` : undefined;
  });
  return [...words, ...code];
};

/** Objects that cannot be changed, or that nobody changes. */
const CONSTANT_CLASSES = new Set(['RegExp', 'URL', 'TextEncoder', 'TextDecoder']);

export const noModuleState: Rule = (file) => {
  const source = parse(file);
  const problems = source.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
    if ((declarationList.flags & ts.NodeFlags.Const) === 0) {
      return [
        `${file.path}:${lineOf(source, declarationList)}: a variable of the module; state belongs to an object`,
      ];
    }
    return declarationList.declarations
      .filter(isMutable)
      .map(
        (one) => `${file.path}:${lineOf(source, one)}: ${one.name.getText()} is mutable state of the module`,
      );
  });
  const statics = search(file, (node) => {
    if (!ts.isPropertyDeclaration(node)) return undefined;
    const words = (node.modifiers ?? []).map(({ kind }) => kind);
    const isStatic =
      words.includes(ts.SyntaxKind.StaticKeyword) && !words.includes(ts.SyntaxKind.ReadonlyKeyword);
    return isStatic ? `${node.name.getText()} is static and can be changed` : undefined;
  });
  return [...problems, ...statics];
};

function isMutable({ type, initializer }: ts.VariableDeclaration): boolean {
  if (initializer === undefined || (type !== undefined && /^(?:readonly |Readonly)/.test(type.getText())))
    return false;
  if (ts.isArrayLiteralExpression(initializer)) return true;
  return ts.isNewExpression(initializer) && !CONSTANT_CLASSES.has(initializer.expression.getText());
}

const GUARANTEE_FLAG = /^(?:is|use)?(?:exactly|atLeast|atMost)Once$/i;

/** Which guarantee a run has is decided in one place: everything else asks the strategy, never the name. */
export const guaranteeIsDecidedInDelivery: Rule = (file) => {
  const room = roomOf(file.path);
  if (room === undefined || room === 'delivery' || room === 'cli') return [];
  return search(file, (node) => {
    const isLiteral = ts.isStringLiteralLike(node) && GUARANTEE_NAMES.includes(node.text);
    if (isLiteral && (ts.isBinaryExpression(node.parent) || ts.isCaseClause(node.parent))) {
      return `a decision by the name ${node.text}; it belongs to delivery/`;
    }
    const isCondition =
      (ts.isIfStatement(node) && conditionOf(node.expression)) ||
      (ts.isConditionalExpression(node) && conditionOf(node.condition));
    return isCondition === true ? 'a decision by the guarantee; it belongs to delivery/' : undefined;
  });
};

function conditionOf(expression: ts.Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    if (ts.isIdentifier(node) && GUARANTEE_FLAG.test(node.text)) found = true;
  });
  return found;
}

/** Only what a type stripper can erase, so that Node's own one runs the sources. */
export const erasableOnly: Rule = (file) =>
  search(file, (node) => {
    if (ts.isEnumDeclaration(node)) return 'enum';
    if (ts.isModuleDeclaration(node) && !isDeclared(node)) return 'namespace';
    if (ts.isDecorator(node)) return 'decorator';
    if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent))
      return 'parameter property';
    if (ts.isExportAssignment(node) && node.isExportEquals === true) return 'export =';
    return undefined;
  });

function isDeclared(node: ts.ModuleDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true;
}

/** A lockfile with addresses binds everyone to one registry. */
export function lockfileAddresses(lockfile: string): readonly string[] {
  const { packages } = JSON.parse(lockfile) as { packages: Record<string, { resolved?: string }> };
  return Object.entries(packages).flatMap(([name, { resolved }]) =>
    resolved === undefined ? [] : [`package-lock.json: ${name} has the address ${resolved}`],
  );
}
