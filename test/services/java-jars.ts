// Owns: the jars of a Java program that tests are run against, fetched once by Maven into a cache folder of the user.
// Invariant: the folder that is handed out is complete: it appears by one rename, whoever else fetches at the same time.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FETCH_LIMIT_MS = 240_000;

/** The folder with the jars of `dependencies` (`group:artifact:version`) and all that they need. */
export async function fetchJars(name: string, dependencies: readonly string[]): Promise<string> {
  const home = process.env['MILLRACE_TEST_CACHE'] ?? join(homedir(), '.cache', 'millrace-tests');
  const target = join(home, name);
  if (existsSync(target)) return target;
  mkdirSync(home, { recursive: true });
  const work = mkdtempSync(join(home, 'fetch-'));
  try {
    writeFileSync(join(work, 'pom.xml'), pom(name, dependencies));
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${work}/jars`];
    await run('mvn', ['-B', '-ntp', '-q', '-f', join(work, 'pom.xml'), ...goal], { timeout: FETCH_LIMIT_MS });
    try {
      renameSync(join(work, 'jars'), target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

function pom(name: string, dependencies: readonly string[]): string {
  const entries = dependencies.map((dependency) => {
    const [group, artifact, version] = dependency.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    `<groupId>millrace.test</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>`,
    `<dependencies>${entries.join('')}</dependencies></project>`,
  ].join('\n');
}

/** Why `command` cannot be run, or undefined. */
export async function commandProblem(command: string, argument: string): Promise<string | undefined> {
  try {
    await run(command, [argument]);
    return undefined;
  } catch {
    return `${command} cannot be run here`;
  }
}
