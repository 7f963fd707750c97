// Owns: what several processes see of each other: the writer's lock, and readers beside a writer.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderLock } from '../../src/files/folder-lock.ts';
import { ownIdentity, processState } from '../../src/files/process-identity.ts';
import { codeOf, errorOf, openLog, readTexts, temporaryFolder } from './helpers.ts';

interface Child {
  readonly process: ChildProcess;
  line(): Promise<string>;
  ended(): Promise<void>;
}

function startWriter(dataDir: string, topic: string, records: number): Child {
  const script = new URL('./processes/writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir, topic, String(records)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { process: child, line: async () => String((await lines.next()).value), ended: () => exit };
}

async function topicFolder(): Promise<string> {
  const dataDir = temporaryFolder();
  const log = await openLog(dataDir);
  await log.createTopic('t');
  await log.close();
  return dataDir;
}

describe('the writer lock', () => {
  it('refuses a second writer, names the process, holds while it is stopped, and is taken over when it is killed', async () => {
    const dataDir = await topicFolder();
    const log = await openLog(dataDir);
    const child = startWriter(dataDir, 't', 0);
    expect(await child.line()).toBe('open');
    const error = await errorOf(log.writer('t'));
    expect(error.code).toBe('MR_DATA_LOCKED');
    expect(error.message).toContain(`process ${child.process.pid}`);
    child.process.kill('SIGSTOP');
    expect(await codeOf(log.writer('t'))).toBe('MR_DATA_LOCKED');
    expect(await codeOf(log.deleteTopic('t'))).toBe('MR_DATA_LOCKED');
    child.process.kill('SIGKILL');
    await child.ended();
    await (await log.writer('t')).append(0, [{ value: 'after' }]);
    await log.close();
  });

  it('is given to exactly one of many that find a dead owner at once', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    for (let round = 0; round < 20; round++) {
      writeFileSync(
        path,
        JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1, startTime: '1', token: `dead ${round}` }),
      );
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => FolderLock.acquire(path, 'It')));
      const won = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      expect(won.length).toBe(1);
      expect(await FolderLock.holder(path)).toBe(process.pid);
      await won[0]!.release();
      expect(await FolderLock.holder(path)).toBeNull();
    }
  });

  it('is taken over also when a process died while it took over, or left an empty file', async () => {
    const path = join(temporaryFolder(), 'lock');
    const dead = JSON.stringify({ ...ownIdentity(), pid: 2 ** 22 + 1, startTime: '1', token: 'dead' });
    for (const contents of [dead, '']) {
      writeFileSync(path, contents);
      writeFileSync(`${path}.takeover`, contents);
      await (await FolderLock.acquire(path, 'It')).release();
    }
  });

  it('tells a process from another one with the same number, and does not judge what it cannot see', () => {
    const self = ownIdentity();
    expect(processState(self, self)).toBe('running');
    expect(processState({ ...self, pid: 2 ** 22 + 1 }, self)).toBe('dead');
    if (self.boot === null) return;
    expect(processState({ ...self, startTime: '1' }, self)).toBe('dead');
    expect(processState({ ...self, boot: 'an earlier boot' }, self)).toBe('dead');
    expect(processState({ ...self, boot: 'other', host: `not ${hostname()}` }, self)).toBe('unknown');
    expect(processState({ ...self, namespace: 'a container' }, self)).toBe('unknown');
  });
});

describe('a reader in another process', () => {
  it('sees records soon after they are acknowledged, whole and in order, and none is lost by a kill', async () => {
    const dataDir = await topicFolder();
    const log = await openLog(dataDir);
    const reader = await log.reader('t');
    const child = startWriter(dataDir, 't', 300);
    let offset = 0;
    const seen = new Promise<void>((resolve, reject) => {
      const look = async (): Promise<void> => {
        const chunk = await reader.read(0, offset, 1_000, 100_000);
        const wanted = Array.from({ length: chunk.count }, (_, i) => `record ${offset + i}`);
        expect(chunk.valueTexts()).toEqual(wanted);
        offset = chunk.nextOffset;
        if (offset >= 100) resolve();
      };
      let looking = Promise.resolve();
      reader.onData(() => {
        looking = looking.then(look);
        looking.catch(reject);
      });
    });
    await seen;
    let acknowledged = -1;
    expect(await child.line()).toBe('open');
    for (let i = 0; i < 150; i++) acknowledged = Number((await child.line()).split(' ')[1]);
    child.process.kill('SIGKILL');
    await child.ended();
    expect((await readTexts(reader, 0, 0, 50)).length).toBeGreaterThan(acknowledged);
    await log.close();
  });

  it('hears of a record within the polling time', async () => {
    const dataDir = await topicFolder();
    const writing = await openLog(dataDir);
    const reading = await openLog(dataDir);
    const reader = await reading.reader('t');
    const writer = await writing.writer('t');
    await writer.append(0, [{ value: 'x' }]);
    await new Promise<void>((resolve) => reader.onData(resolve));
    expect(await reader.latest(0)).toBe(1);
    await writing.close();
    await reading.close();
  });
});
