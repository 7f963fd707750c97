// Owns: running several command lines in one process. Usage: node dispatch-each.mjs '[["graph", "a.ts"], ...]'; prints the
// outcomes as one JSON list. Everything but the end of the process is real.

import { Writable } from 'node:stream';
import { enableTypeScript } from '../../bin/typescript.mjs';

enableTypeScript();
const { dispatch } = await import('../../src/cli/main.ts');
const { output } = await import('../../src/cli/terminal.ts');

function kept() {
  const parts = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  return { output: output(stream, process.env), text: () => Buffer.concat(parts).toString('utf8') };
}

const outcomes = [];
for (const args of JSON.parse(process.argv[2])) {
  const out = kept();
  const err = kept();
  const code = await dispatch(
    args,
    { enableTypeScript: async () => {} },
    { out: out.output, err: err.output },
  );
  outcomes.push({ code, signal: null, stdout: out.text(), stderr: err.text() });
}
process.stdout.write(JSON.stringify(outcomes));
