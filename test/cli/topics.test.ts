// Owns: the `topics` commands as people use them in a pipe, through the real command.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf } from '../../src/cli/lines.ts';
import { recordFromJson, recordToJson } from '../../src/cli/record-json.ts';
import { folder, millrace, millraceEach, start } from './command-line.ts';

const jsonLine = '{"key":"k","value":null,"headers":[{"key":"h","value":"v"}],"timestamp":7}\n';
const files = folder({
  'lines.txt': 'first\r\n\nlast without an end',
  'keys.txt': 'a=1\nb=2=3\nnone',
  'records.json': `${jsonLine}{"value":{"a":1}}\n`,
  'broken.json': '{"value":"a"}\n{"value":"b"}\n[]\n',
});
const where = { cwd: files.path };
afterAll(() => files.remove());

/** Runs actions one after the other. Answers with their standard outputs; all must succeed. */
async function topics(...actions: readonly (readonly string[])[]): Promise<string[]> {
  const outcomes = await millraceEach(
    actions.map((action) => ['topics', ...action]),
    where,
  );
  expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    actions.map(() => ({ code: 0, stderr: '' })),
  );
  return outcomes.map(({ stdout }) => stdout);
}

async function produce(topic: string, input: string): Promise<string> {
  const { code, stdout, stderr } = await millrace(['topics', 'produce', topic], where, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('topics', () => {
  it('do not make a folder by looking', async () => {
    const [list, consume] = await millraceEach(
      [
        ['topics', 'list', '--data', 'nowhere'],
        ['topics', 'consume', 'x', '--data', 'nowhere'],
      ],
      where,
    );
    expect([list?.code, list?.stderr]).toEqual([0, `no topics in ${files.path}/nowhere\n`]);
    expect([consume?.code, consume?.stderr.split(':')[0]]).toEqual([66, 'MR_TOPIC_NOT_FOUND']);
    expect(readdirSync(files.path)).not.toContain('nowhere');
  });

  it('are made, described, listed and deleted', async () => {
    const [made, described, json, listed, deleted, left] = await topics(
      ['create', 'made', '--partitions', '3', '--retention-ms', '3600000'],
      ['describe', 'made'],
      ['describe', 'made', '--json'],
      ['list'],
      ['delete', 'made'],
      ['list', '--json'],
    );
    expect(made).toBe('made: made with 3 partitions\n');
    expect(described).toContain('for 1:00:00 h');
    expect((JSON.parse(json!) as { partitions: unknown[] }).partitions).toHaveLength(3);
    expect(listed).toMatch(/^made +3 +0$/m);
    expect(deleted).toBe('made: deleted\n');
    expect(left).not.toContain('made');
  });

  it('take lines from a file and from standard input, the last one without an end too', async () => {
    expect(await topics(['produce', 'lines', 'lines.txt'])).toEqual(['3 records appended to lines\n']);
    expect(await produce('lines', 'one more')).toBe('1 record appended to lines\n');
    const read = await topics(
      ['consume', 'lines'],
      ['consume', 'lines', '--from', '1', '--max', '2'],
      ['consume', 'lines', '--from', 'latest'],
    );
    expect(read).toEqual(['first\n\nlast without an end\none more\n', '\nlast without an end\n', '']);
  });

  it('keep keys', async () => {
    const [, read] = await topics(
      ['produce', 'keys', 'keys.txt', '--key-separator', '='],
      ['consume', 'keys', '--format', 'key-value', '--key-separator', '|'],
    );
    expect(read).toBe('a|1\nb|2=3\n|none\n');
  });

  it('go through JSON unchanged', async () => {
    const [, first, second] = await topics(
      ['produce', 'json', 'records.json', '--json'],
      ['consume', 'json', '--format', 'json', '--max', '1'],
      ['consume', 'json', '--from', '1'],
    );
    expect(JSON.parse(first!)).toEqual({ partition: 0, offset: 0, ...(JSON.parse(jsonLine) as object) });
    expect(second).toBe('{"a":1}\n');
  });

  it('say what is wrong, which line is broken, and what is safe', async () => {
    const [broken, consumed, twice, partition] = await millraceEach(
      [
        ['topics', 'produce', 'broken', 'broken.json', '--json'],
        ['topics', 'consume', 'broken'],
        ['topics', 'create', 'broken'],
        ['topics', 'consume', 'broken', '--partition', '1'],
      ],
      where,
    );
    expect([broken?.code, broken?.stdout]).toEqual([1, '']);
    expect(broken?.stderr).toMatch(/^MR_RECORD_UNDECODABLE: Line 3 .* 2 records before it were appended\./);
    expect(consumed?.stdout).toBe('a\nb\n');
    expect([twice?.code, twice?.stderr.split(':')[0]]).toEqual([65, 'MR_TOPIC_EXISTS']);
    expect([partition?.code, partition?.stderr.split(':')[0]]).toEqual([64, 'MR_USAGE']);
  });
});

describe('a topic in a pipe', () => {
  const text = Array.from({ length: 200_000 }, (_, line) => `line ${line} of many\n`).join('');

  beforeAll(async () => {
    await produce('big', text);
  }, 60_000);

  it('gives back every byte of a large input', async () => {
    const digest = (data: string) => createHash('sha256').update(data).digest('hex');
    const { stdout } = await millrace(['topics', 'consume', 'big'], where);
    expect(digest(stdout)).toBe(digest(text));
  });

  it('ends quietly when its reader goes away', async () => {
    const { child, outcome } = start(['topics', 'consume', 'big'], where);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { code, stderr } = await outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is followed until Ctrl-C', async () => {
    const { child, outcome } = start(['topics', 'consume', 'big', '--from', 'latest', '--follow'], where);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const producing = (async () => {
      // The follower says nothing when it is ready, so it is given records until it has shown one.
      while (child.exitCode === null) await produce('big', 'news\n');
    })();
    const { code, signal, stdout, stderr } = await outcome;
    await producing;
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    expect(stdout).toMatch(/^(news\n)+$/);
  });
});

describe('lines', () => {
  async function cut(chunks: readonly string[], limit = 100): Promise<string[]> {
    const lines: string[] = [];
    const source = async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
    };
    for await (const some of linesOf(source(), limit))
      lines.push(...some.map((line) => Buffer.from(line).toString()));
    return lines;
  }

  it.each([
    [[], []],
    [['a\nb\n'], ['a', 'b']],
    [['a\nb'], ['a', 'b']],
    [
      ['a', 'b', '\n', 'c\r', '\nd'],
      ['ab', 'c', 'd'],
    ],
    [['\n\n'], ['', '']],
    [['\r\n'], ['']],
  ])('%j are %j', async (chunks, lines) => {
    expect(await cut(chunks)).toEqual(lines);
  });

  it('have a limit', async () => {
    await expect(cut(['ok\n', 'x'.repeat(60), 'x'.repeat(60)])).rejects.toMatchObject({
      code: 'MR_RECORD_TOO_LARGE',
    });
  });
});

describe('records as JSON', () => {
  it('hold any bytes', () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    const json = recordToJson(2, {
      offset: 5,
      timestamp: 9,
      key: bytes,
      value: bytes,
      headers: [{ key: 'h', value: bytes }],
    });
    const { key, value, headers, timestamp } = recordFromJson(json, 1);
    expect({ key, value, headers, timestamp }).toEqual({
      ...{ key: bytes, value: bytes, timestamp: 9 },
      headers: [{ key: 'h', value: bytes }],
    });
  });

  it.each([
    'x',
    '1',
    'null',
    '[]',
    '{}',
    '{"value":"a","timestamp":0.5}',
    '{"value":"a","headers":{}}',
    '{"value":"a","headers":[1]}',
  ])('%s is none', (line) => {
    expect(() => recordFromJson(line, 3)).toThrow(
      expect.objectContaining({ code: 'MR_RECORD_UNDECODABLE' }) as Error,
    );
  });
});
