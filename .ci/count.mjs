// Owns: the honest count at the end of CI. Usage: node count.mjs REPORT STATUS MUTANTS, with vitest's JSON report, the exit
// code of `npm test` and the JSON of `npm run mutation`. A test that did not run, a file that could not be loaded, a failure
// before the tests (types, style, installation), a planted fault that survived and a score that was not made all count as
// failed: green means that everything ran.

import { existsSync, readFileSync } from 'node:fs';

/** @returns {{ passed: number, failed: number, lines: string[] }} */
export function count(reportText, status, mutantsText) {
  let passed = 0;
  const lines = [];
  for (const { name, status: fileStatus, assertionResults, message } of readReport(reportText)) {
    const bad = assertionResults.filter((test) => test.status !== 'passed');
    passed += assertionResults.length - bad.length;
    for (const test of bad) lines.push(`${test.status}: ${test.fullName} (${name})`);
    if (fileStatus === 'failed' && bad.length === 0) lines.push(`failed: ${name}: ${message.split('\n')[0]}`);
  }
  if (passed === 0) lines.push('failed: no test ran');
  else if (status !== 0 && lines.length === 0) lines.push(`failed: npm test ended with exit code ${status}`);
  const mutants = countMutants(mutantsText);
  lines.push(...mutants.lines);
  return { passed: passed + mutants.passed, failed: lines.length, lines };
}

/** Every planted fault that was caught counts as passed, and the canary, which must not be. */
function countMutants(text) {
  if (text.trim() === '') return { passed: 0, lines: ['failed: no mutation score'] };
  const { caught, canary, survivors } = JSON.parse(text);
  const lines = survivors.map((name) => `survived: the planted fault ${name}`);
  if (canary !== 'passes') lines.push('failed: the canary of the mutation score was accused');
  return { passed: caught + (canary === 'passes' ? 1 : 0), lines };
}

function readReport(text) {
  if (text.trim() === '') return [];
  return JSON.parse(text).testResults;
}

if (process.argv[1] === import.meta.filename) {
  const [report, status, mutants] = process.argv.slice(2);
  const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const { passed, failed, lines } = count(textOf(report), Number(status), textOf(mutants));
  for (const line of lines) process.stdout.write(`${line}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
