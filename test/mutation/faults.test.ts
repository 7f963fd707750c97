// Owns: the list of planted faults fits to the source as it is: each edit matches once, and what comes out is a program.
// Not here: whether each fault is caught, which `npm run mutation` tells.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Fault, planted } from '../../mutation/fault.ts';
import { FAULTS } from '../../mutation/faults/index.ts';
import { ROOT } from '../../mutation/workspace.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** A fault may leave an import, a variable or a statement without use; nothing else is wrong with a mutant. */
const UNUSED = [6133, 6192, 6196, 7027];

/** Type errors of texts that stand in for files on the disk. */
class Checker {
  private readonly overlay = new Map<string, { readonly text: string; readonly version: number }>();
  private readonly service: ts.LanguageService;
  private version = 0;

  constructor() {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const roots = [...new Set(FAULTS.flatMap(({ edits }) => edits.map(({ file }) => join(ROOT, file))))];
    const textOf = (file: string) => this.overlay.get(file)?.text ?? ts.sys.readFile(file);
    this.service = ts.createLanguageService({
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      getScriptFileNames: () => roots,
      getScriptVersion: (file) => String(this.overlay.get(file)?.version ?? 0),
      getScriptSnapshot: (file) => {
        const text = textOf(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCompilationSettings: () => options,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      getCurrentDirectory: () => ROOT,
    });
  }

  problems(changed: ReadonlyMap<string, string>): string[] {
    this.version++;
    for (const [file, text] of changed) this.overlay.set(join(ROOT, file), { text, version: this.version });
    const found = [...changed.keys()].flatMap((file) => {
      const path = join(ROOT, file);
      return [...this.service.getSyntacticDiagnostics(path), ...this.service.getSemanticDiagnostics(path)];
    });
    this.overlay.clear();
    return found
      .filter(({ code }) => !UNUSED.includes(code))
      .map(({ code, messageText }) => `${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  }
}

describe('the planted faults', () => {
  it('are at least 36, each with a name of its own and a lesson', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(36);
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    for (const { name, lesson } of FAULTS) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(lesson).toMatch(/^[A-Z].{15,}\.$/s);
    }
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s matches exactly once', (_, fault) => {
    const changed = planted(fault, read);
    for (const [file, text] of changed) expect(text).not.toBe(read(file));
  });

  it('leave programs without a type error: none is caught only because it cannot run', () => {
    const checker = new Checker();
    const broken = FAULTS.flatMap((fault) =>
      checker.problems(planted(fault, read)).map((problem) => `${fault.name}: ${problem}`),
    );
    expect(broken).toEqual([]);
  }, 120_000);
});

describe('planting', () => {
  const fault = (find: string): Fault => ({
    name: 'a',
    area: 'consensus',
    lesson: '',
    edits: [{ file: 'f', find, replace: '$&' }],
  });

  it('refuses a text that is not there, and one that is there twice', () => {
    expect(() => planted(fault('x'), () => 'one two one')).toThrow('a: 0 matches');
    expect(() => planted(fault('one'), () => 'one two one')).toThrow('a: 2 matches');
  });

  it('takes the replacement as it is', () => {
    expect(planted(fault('two'), () => 'one two one').get('f')).toBe('one $& one');
  });

  it('makes the edits of one fault one after the other', () => {
    const [first] = fault('one').edits;
    const twice: Fault = {
      ...fault(''),
      edits: [
        { ...first!, replace: 'two' },
        { ...first!, find: 'two', replace: 'three' },
      ],
    };
    expect(planted(twice, () => 'one').get('f')).toBe('three');
  });
});
