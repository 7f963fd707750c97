// Owns: whole store replicas of one test file, with real files and sockets, in this process. Closed after each test.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import {
  type RunningStore,
  type ServeOptions,
  serveStore,
} from '../../../../src/store/zookeeper/server/serve-store.ts';
import { until } from '../../client/clients.ts';

export interface Ensemble {
  readonly replicas: Map<number, RunningStore>;
  /** Of all that were started, for clients. */
  readonly servers: readonly string[];
  readonly failures: Error[];
  stop(id: number): Promise<void>;
  start(id: number): Promise<void>;
  leader(): number | undefined;
  close(): Promise<void>;
}

export type StoreSettings = Partial<Pick<ServeOptions, 'sessionTimeouts' | 'nodeCheckMs' | 'limits'>>;

export async function startEnsemble(size = 1, settings: StoreSettings = {}): Promise<Ensemble> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-store-'));
  const ports = await freePorts(2 * size);
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  const cluster = new Map(ids.map((id) => [id, { host: '127.0.0.1', port: ports[id - 1]! }]));
  const failures: Error[] = [];
  const replicas = new Map<number, RunningStore>();
  const ensemble: Ensemble = {
    replicas,
    failures,
    servers: ids.map((id) => `127.0.0.1:${ports[size + id - 1]}`),
    async stop(id) {
      await replicas.get(id)?.close();
      replicas.delete(id);
    },
    async start(id) {
      const store = await serveStore({
        id,
        cluster: size === 1 ? new Map() : cluster,
        clients: [{ host: '127.0.0.1', port: ports[size + id - 1]! }],
        folder: join(root, String(id)),
        isNewCluster: true,
        heartbeatMs: 20,
        sessionTimeouts: { minMs: 500, maxMs: 60_000 },
        clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
        logger: silentLogger(),
        version: '3.9.5-test',
        onFailed: (error) => failures.push(error),
        ...settings,
      });
      replicas.set(id, store);
    },
    leader: () => [...replicas].find(([, { service }]) => service.replica.view.role === 'leading')?.[0],
    async close() {
      for (const id of ids) await ensemble.stop(id);
      rmSync(root, { recursive: true, force: true });
      if (failures.length > 0) throw failures[0];
    },
  };
  for (const id of ids) await ensemble.start(id);
  await until(() => ensemble.leader() !== undefined, 'a leader');
  return ensemble;
}

export function useEnsembles(): (size?: number, settings?: StoreSettings) => Promise<Ensemble> {
  const open: Ensemble[] = [];
  afterEach(async () => {
    for (const ensemble of open.splice(0)) await ensemble.close();
  });
  return async (size, settings) => {
    const ensemble = await startEnsemble(size, settings);
    open.push(ensemble);
    return ensemble;
  };
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
