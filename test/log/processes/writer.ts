// Owns: a writing process for the tests. Arguments: data folder, topic, records to append (0: just hold the lock).
// Prints one line per step; ends when its standard input ends.

import { Log } from '../../../src/log/index.ts';

const [dataDir, topic, count] = process.argv.slice(2);
const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
const log = await Log.open({ dataDir: dataDir!, clock });
try {
  const writer = await log.writer(topic!);
  process.stdout.write('open\n');
  for (let i = 0; i < Number(count); i++) {
    const { lastOffset } = await writer.append(0, [{ value: `record ${i}` }]);
    process.stdout.write(`acknowledged ${lastOffset}\n`);
  }
  process.stdin.resume();
  process.stdin.on('end', () => void log.close());
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`);
  process.exitCode = 1;
  await log.close();
}
