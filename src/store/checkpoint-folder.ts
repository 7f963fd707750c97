// Owns: where the checkpoints of an app's lane lie in a data folder.

import { join } from 'node:path';

/** `<dataDir>/apps/<app>/lane-<lane>`; what a file name cannot hold of the app's name is escaped. */
export function checkpointFolder(dataDir: string, app: string, lane: number): string {
  // `.` and `..` pass encodeURIComponent and would leave the folder.
  const name = encodeURIComponent(app).replace(/^\./, '%2E').replaceAll('*', '%2A');
  return join(dataDir, 'apps', name, `lane-${lane}`);
}
