// The same on the real file system: what was written is there after a restart, quickly; and one process has the folder.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nodeFileSystem } from '../../../src/files/file-system.ts';
import { formatReplicaDisk } from '../../../src/store/disk/format.ts';
import { lockFolder } from '../../../src/store/disk/replica-disk.ts';
import { verifyReplicaFolder } from '../../../src/store/disk/verify.ts';
import { CONFIGURATION, hardOf, OWNER, open, textOfSnapshot } from './harness.ts';

const ENTRIES = 100_000;
const PER_RECORD = 20;
/** A restart replays 300,000 a second and more; a loaded machine must not fail the test. */
const AT_LEAST_PER_SECOND = 30_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('real files: locked, recovered, checked', async ({ annotate }) => {
  const folder = temporaryFolder();
  const fs = nodeFileSystem();
  await formatReplicaDisk({
    ...OWNER,
    folder,
    fs,
    incarnation: 77,
    admitted: true,
    configuration: CONFIGURATION,
  });
  const options = { folder, lock: () => lockFolder(folder), limits: { segmentBytes: 4 * 1024 * 1024 } };
  const first = await open(fs, options);
  await expect(open(fs, options)).rejects.toMatchObject({ code: 'MR_DATA_LOCKED' });
  await expect(verifyReplicaFolder(folder, fs)).rejects.toMatchObject({ code: 'MR_DATA_LOCKED' });
  const data = new Uint8Array(128).fill(5);
  const entries = Array.from({ length: PER_RECORD }, () => ({ data, configuration: undefined }));
  for (let from = 0, number = 1; from < ENTRIES; from += PER_RECORD, number++)
    first.disk.append({
      number,
      hard: number === 9 ? hardOf(4) : undefined,
      snapshot: 0,
      from,
      entries,
      decided: from,
    });
  const decided = 1_000;
  const chunks = [data, data.subarray(0, 50)];
  await first.disk.writeSnapshot({
    index: decided,
    configuration: CONFIGURATION,
    stateHash: Uint8Array.of(1),
    chunks,
  });
  await first.disk.close();
  expect(first.failures).toEqual([]);

  const begun = performance.now();
  const second = await open(fs, options);
  const perSecond = (ENTRIES / (performance.now() - begun)) * 1_000;
  await annotate(`${Math.round(perSecond)} entries replayed per second`);
  expect(perSecond).toBeGreaterThan(AT_LEAST_PER_SECOND);
  expect(second.disk.recovered.entries).toHaveLength(ENTRIES - decided);
  expect(second.disk.recovered.entries.every((entry) => Buffer.compare(entry.data, data) === 0)).toBe(true);
  expect(second.disk.recovered).toMatchObject({ offset: decided, hard: hardOf(4), damaged: false });
  expect(await textOfSnapshot(second.disk)).toHaveLength(178);
  await second.disk.close();
  expect(await verifyReplicaFolder(folder, fs)).toMatchObject({ problems: [], log: { length: ENTRIES } });
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}, 30_000);
