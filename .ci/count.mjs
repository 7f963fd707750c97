// Owns: the honest count at the end of CI. Usage: node count.mjs REPORT STATUS, with vitest's JSON report and the exit
// code of `npm test`. A test that did not run, a file that could not be loaded, and a failure before the tests (types,
// style, installation) all count as failed: green means that everything ran.

import { existsSync, readFileSync } from 'node:fs';

/** @returns {{ passed: number, failed: number, lines: string[] }} */
export function count(reportText, status) {
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
  return { passed, failed: lines.length, lines };
}

function readReport(text) {
  if (text.trim() === '') return [];
  return JSON.parse(text).testResults;
}

if (process.argv[1] === import.meta.filename) {
  const [report, status] = process.argv.slice(2);
  const { passed, failed, lines } = count(
    existsSync(report) ? readFileSync(report, 'utf8') : '',
    Number(status),
  );
  for (const line of lines) process.stdout.write(`${line}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
