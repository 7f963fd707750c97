// Owns: the scenarios that taught the field, as transcripts of the real core. Each file in transcripts/ is script and result in
// one: `#` prose, `>` a command of stage.ts, and below it what came of it. MILLRACE_RECORD=1 writes the results anew.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

const folder = new URL('transcripts/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .sort();

/** The transcript with all results made anew from its prose and commands. */
function played(text: string): string {
  const stage = new Stage();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (line.startsWith('> ')) lines.push(...stage.play(line.slice(2)));
  }
  return lines.join('\n');
}

describe('the transcripts', () => {
  it('are all there', () => {
    expect(files).toEqual([
      'damaged-log.txt',
      'delayed-old-accept.txt',
      'duelling-proposers.txt',
      'half-deaf-replica.txt',
      'leader-dies-between-accept-and-decide.txt',
      'longer-stale-log.txt',
      'lost-disk.txt',
      'reconfiguration.txt',
      'slow-disk.txt',
    ]);
  });

  it.each(files)('%s', (name) => {
    const file = new URL(name, folder);
    const text = readFileSync(file, 'utf8');
    const now = played(text);
    if (process.env['MILLRACE_RECORD'] === '1') writeFileSync(file, now);
    else expect(now).toBe(text);
    expect(now).toMatch(/^# .+/);
  });

  it('are made anew, not copied: a changed result is seen, an unknown command refused', () => {
    const text = '> cluster 3\n> nominate 1\n  1  something else\n';
    expect(played(text)).not.toContain('something else');
    expect(played(text)).toContain('=> prepare 1.1.1 to 2, 3');
    expect(() => played('> dance 1')).toThrow(/no such command/);
    expect(() => played('> cluster 3\n> nominate 9')).toThrow(/no replica 9/);
  });
});
