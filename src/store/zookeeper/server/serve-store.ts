// Owns: a whole store replica in this process: its folder, links, sessions and client ports, put together, and taken down in
// order. Not here: any of the parts, the command line (cli/store-serve.ts).

import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { MillraceError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import { Sfc32 } from '../../../base/random.ts';
import { nodeFileSystem } from '../../../files/file-system.ts';
import type { ReplicaId } from '../../../paxos/ballot.ts';
import type { ClusterId } from '../../../paxos/codec/frame.ts';
import { firstConfiguration } from '../../../paxos/configuration.ts';
import { formatReplicaDisk } from '../../disk/format.ts';
import { openReplicaDisk } from '../../disk/replica-disk.ts';
import { listReplicaFiles } from '../../disk/replica-files.ts';
import { type Address, TcpLinks } from '../../links/tcp-links.ts';
import type { Links, Turns } from '../../replica/ports.ts';
import { StoreService } from '../../replica/store-service.ts';
import type { ServerFacts } from './four-letter-words.ts';
import type { ServerLimits } from './limits.ts';
import { type ClientPort, ZooKeeperServer } from './zookeeper-server.ts';

export interface ServeOptions {
  readonly id: ReplicaId;
  /** Where the replicas find each other, this one among them; empty for one alone. */
  readonly cluster: ReadonlyMap<ReplicaId, Address>;
  /** The same for all replicas: who has another name is not let in. Default `millrace`. */
  readonly name?: string;
  readonly clients: readonly ClientPort[];
  /** Absolute; made and formatted if it is empty. */
  readonly folder: string;
  /** All replicas are new: an empty folder is no loss. A replica alone need not say it. */
  readonly isNewCluster: boolean;
  /** Of the links between replicas: key, certificate and authority. */
  readonly linksTls?: SecureContextOptions;
  readonly heartbeatMs?: number;
  readonly sessionTimeouts?: { readonly minMs: number; readonly maxMs: number };
  readonly nodeCheckMs?: number;
  readonly limits?: Partial<ServerLimits>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** The replica can do nothing more: the process should end. */
  readonly onFailed: (error: Error) => void;
}

export interface RunningStore {
  readonly service: StoreService;
  readonly server: ZooKeeperServer;
  /** Of the clients, in the order of the options. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

const HEARTBEAT_MS = 50;
const DEFAULT_NAME = 'millrace';

/** Rejects as opening the disk does, MR_IO or the system's error for a port, and leaves nothing open then. */
export async function serveStore(options: ServeOptions): Promise<RunningStore> {
  const { id, clock, logger, folder } = options;
  const cluster = options.name ?? DEFAULT_NAME;
  const fs = nodeFileSystem();
  await formatIfEmpty(options, cluster);
  const turns = nodeTurns();
  const links = await openLinks(options, cluster);
  const [seedA = 0, seedB = 0, seedC = 0] = new Int32Array(randomFillSync(new Int32Array(3)));
  const random = new Sfc32(seedA, seedB, seedC);
  let server: ZooKeeperServer | undefined;
  let service: StoreService | undefined;
  try {
    service = await StoreService.start(
      {
        id,
        links,
        turns,
        clock,
        random,
        logger,
        heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
        secret: (bytes) => randomFillSync(bytes),
        ...(options.nodeCheckMs === undefined ? {} : { nodeCheckMs: options.nodeCheckMs }),
      },
      (events) => {
        const onDamage = options.cluster.size > 1 ? 'report' : 'refuse';
        return openReplicaDisk({ folder, fs, cluster, replica: id, clock, logger, events, onDamage });
      },
      {
        onSessionEnded: (session) => server?.onSessionEnded(session),
        onReplaced: () => server?.closeConnections(),
        onFailed: options.onFailed,
      },
    );
    const { clients: ports, sessionTimeouts, limits } = options;
    server = await ZooKeeperServer.listen({
      service,
      ports,
      clock,
      turns,
      random,
      logger,
      facts: factsOf(options),
      ...(sessionTimeouts === undefined ? {} : { sessionTimeouts }),
      ...(limits === undefined ? {} : { limits }),
    });
  } catch (error) {
    await service?.stop(closedError());
    await links.close();
    throw error;
  }
  return running(service, server);
}

function running(service: StoreService, server: ZooKeeperServer): RunningStore {
  return {
    service,
    server,
    ports: server.ports,
    async close() {
      await server.close();
      await service.stop(closedError());
    },
  };
}

/** A folder in which nothing of a replica is. What is half there is judged by opening it. */
async function formatIfEmpty(options: ServeOptions, cluster: string): Promise<void> {
  const { id, folder, isNewCluster } = options;
  const fs = nodeFileSystem();
  await fs.makeFolder(folder);
  const { hasState, segments } = await listReplicaFiles(fs, folder);
  if (hasState || segments.length > 0) return;
  const ids = options.cluster.size === 0 ? [id] : [...options.cluster.keys()];
  const incarnation = randomBytes(6).readUIntBE(0, 6) + 1;
  const admitted = isNewCluster || ids.length === 1;
  const configuration = firstConfiguration(ids);
  await formatReplicaDisk({ folder, fs, cluster, replica: id, incarnation, admitted, configuration });
}

async function openLinks(options: ServeOptions, cluster: string): Promise<Links> {
  const { id, logger, linksTls } = options;
  if (options.cluster.size < 2) return { send() {}, onMessage() {}, async close() {} };
  const listen = options.cluster.get(id);
  if (listen === undefined) {
    throw new MillraceError('MR_SETTING_INVALID', `replica ${id} is none of the cluster`, {
      expected: `one of ${[...options.cluster.keys()].join(', ')}`,
      got: String(id),
    });
  }
  return TcpLinks.open({
    id,
    cluster: clusterId(cluster),
    listen,
    peers: options.cluster,
    logger,
    ...(linksTls === undefined ? {} : { tls: linksTls }),
  });
}

/** Replicas that were given the same name have the same id. */
function clusterId(name: string): ClusterId {
  const digest = createHash('sha256').update(name).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}

function nodeTurns(): Turns {
  return {
    soon: (work) => void setImmediate(work),
    every(ms, work) {
      const timer = setInterval(work, ms);
      return { stop: () => clearInterval(timer) };
    },
  };
}

function closedError(): MillraceError {
  return new MillraceError('MR_STORE_CLOSED', 'This replica of the store is closed.', {
    next: 'ask another replica',
  });
}

function factsOf({ folder, version, cluster }: ServeOptions): ServerFacts {
  return {
    version,
    dataDir: folder,
    members: new Map([...cluster].map(([id, { host, port }]) => [id, `${host}:${port}`])),
    dataBytes: () => sizeOf(folder),
    openFiles: () => ({ open: countFiles('/proc/self/fd'), most: fileLimit() }),
    environment: () => [
      ['zookeeper.version', version],
      ['host.name', hostname()],
      ['node.version', process.versions.node],
      ['os.name', process.platform],
      ['os.arch', process.arch],
      ['user.dir', process.cwd()],
    ],
  };
}

function countFiles(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return -1;
  }
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    try {
      bytes += statSync(join(folder, name)).size;
    } catch {
      // Gone between the two calls.
    }
  }
  return bytes;
}

function fileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? -1);
  } catch {
    return -1;
  }
}
