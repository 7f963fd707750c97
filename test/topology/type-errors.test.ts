// Owns: the proof that the compiler refuses wrong topologies, at the line that is wrong, and takes right ones. Small
// programs are compiled in memory with the options of the project; a line that must fail ends with `// wrong`.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');

/** The example of the design, word for word but for where `topic` comes from. */
const EXAMPLE = `
import { topology, type Out } from 'millrace';
import { fakeTopic as topic } from './fake-topic.ts';

const t = topology('word-count');

const lines = t.spout('lines', topic('lines', { decode: 'text' }));
const words = t.bolt('split', lines.shuffle(), (line, out: Out<string>) => {
  for (const word of line.split(/\\W+/)) if (word) out.emit(word.toLowerCase());
});
const counts = t.bolt('count', words.by((word) => word), {
  parallelism: 4,
  state: { counts: 0 },
  execute(word, out: Out<{ word: string; count: number }>, { state }) {
    out.emit({ word, count: state.counts.update(word, (n) => n + 1) });
  },
});
t.sink('totals', counts, topic('totals', { key: (c) => c.word }));

export default t;
`;

function changed(from: string, to: string): string {
  const text = EXAMPLE.replace(from, () => to);
  if (text === EXAMPLE) throw new Error(`the example does not hold: ${from}`);
  return text;
}

const PROGRAMS: Readonly<Record<string, string>> = {
  'the example of the design': EXAMPLE,
  'a bolt that takes what its stream carries': `${EXAMPLE}
t.bolt('ok', counts, ({ word }: { word: string }, out: Out<string>) => out.emit(word));
`,
  'a bolt that expects { word } on a stream of string': `${EXAMPLE}
t.bolt('bad', words, ({ word }: { word: string }, out: Out<string>) => out.emit(word)); // wrong
`,
  'a forgotten annotation of out': changed('(line, out: Out<string>) => {\n', '(line, out) => {\n').replace(
    'out.emit(word.toLowerCase());',
    'out.emit(word.toLowerCase()); // wrong',
  ),
  'a bolt that emits another type': changed(
    'if (word) out.emit(word.toLowerCase());',
    'if (word) out.emit(word.length); // wrong',
  ),
  'a state of another type': changed(
    'out.emit({ word, count: state.counts.update(word, (n) => n + 1) });',
    "out.emit({ word, count: state.counts.update(word, () => '') }); // wrong",
  ),
  'a state that is not declared': changed(
    'out.emit({ word, count: state.counts.update(word, (n) => n + 1) });',
    'out.emit({ word, count: state.count.get(word) }); // wrong',
  ),
  'a key of a field that is not there': changed(
    "t.sink('totals', counts, topic('totals', { key: (c) => c.word }));",
    "t.sink('totals', counts, topic('totals', { key: (c) => c.wrod })); // wrong",
  ),
  'a sink of another type': `${EXAMPLE}
t.sink('bad', counts, topic<string>('totals')); // wrong
`,
  'a named stream that is not declared': `${EXAMPLE}
const named = t.bolt('named', words, (_word, _out: Out<string, { late: number }>) => {}, { streams: ['late'] });
t.sink('ok', named.stream('late'), (value) => value.toFixed());
t.sink('bad', named.stream('early'), () => {}); // wrong
`,
  'a setting that is not declared': `${EXAMPLE}
const other = topology('other', { settings: { minCount: 5 } });
other.map('ok', other.spout('lines', topic('lines')), (line, { settings }) => line.length > settings.minCount);
other.map('bad', other.spout('more', topic('lines')), (_line, { settings }) => settings.maxCount); // wrong
`,
};

function projectOptions(): ts.CompilerOptions {
  const path = join(ROOT, 'tsconfig.json');
  const read = ts.readConfigFile(path, ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(
    { ...(read.config as object), files: [], include: [] },
    ts.sys,
    ROOT,
  );
  return parsed.options;
}

/** Compiles all programs at once. Answers with the lines that have an error, by title. */
function linesWithErrors(): Map<string, number[]> {
  const titles = Object.keys(PROGRAMS);
  const pathOf = (index: number) => join(HERE, `program-${index}.ts`).replaceAll('\\', '/');
  const texts = new Map(titles.map((title, index) => [pathOf(index), PROGRAMS[title]!]));
  const options = { ...projectOptions(), noEmit: true };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return new Map(
    titles.map((title, index) => {
      const file = program.getSourceFile(pathOf(index))!;
      const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      return [title, found.map((one) => file.getLineAndCharacterOfPosition(one.start!).line + 1)];
    }),
  );
}

describe('the compiler', () => {
  const found = linesWithErrors();

  it.each(Object.keys(PROGRAMS))('%s', (title) => {
    const lines = PROGRAMS[title]!.split('\n');
    const marked = lines.flatMap((line, index) => (line.endsWith('// wrong') ? [index + 1] : []));
    expect([...new Set(found.get(title))]).toEqual(marked);
  });

  it('is asked about right and wrong programs', () => {
    const wrong = Object.values(PROGRAMS).filter((text) => text.includes('// wrong'));
    expect(wrong.length).toBeGreaterThan(5);
    expect(Object.keys(PROGRAMS).length - wrong.length).toBeGreaterThan(1);
  });
});
