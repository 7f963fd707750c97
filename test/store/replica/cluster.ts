// Owns: store replicas in one process for tests: real core, machine and disk format, files in memory, links that the test
// can cut. Not here: sockets (links), clients.

import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../../src/base/logger.ts';
import { Sfc32 } from '../../../src/base/random.ts';
import type { ReplicaId } from '../../../src/paxos/ballot.ts';
import { firstConfiguration } from '../../../src/paxos/configuration.ts';
import { formatReplicaDisk } from '../../../src/store/disk/format.ts';
import { openReplicaDisk } from '../../../src/store/disk/replica-disk.ts';
import { encodeCommand } from '../../../src/store/machine/command-codec.ts';
import type { Applied, Command, Identity } from '../../../src/store/machine/types.ts';
import type { LinkMessage, Links } from '../../../src/store/replica/ports.ts';
import { StoreReplica } from '../../../src/store/replica/store-replica.ts';
import { SMALL } from '../disk/harness.ts';
import { MemoryFiles } from '../disk/memory-files.ts';

const HEARTBEAT_MS = 10;
const NOBODY: readonly Identity[] = [];

class MemoryLinks implements Links {
  onMessage: (from: ReplicaId, message: LinkMessage) => void = () => {};
  private readonly id: ReplicaId;
  private readonly cluster: StoreCluster;

  constructor(cluster: StoreCluster, id: ReplicaId) {
    this.cluster = cluster;
    this.id = id;
  }

  send(to: ReplicaId, message: LinkMessage): void {
    setImmediate(() => this.cluster.deliver(this.id, to, message));
  }

  async close(): Promise<void> {
    this.onMessage = () => {};
  }
}

export class StoreNode {
  readonly id: ReplicaId;
  readonly files: MemoryFiles;
  readonly applied: Applied[] = [];
  replica!: StoreReplica;
  links: MemoryLinks | undefined;
  failed: Error | undefined;
  private readonly cluster: StoreCluster;

  constructor(cluster: StoreCluster, id: ReplicaId) {
    this.cluster = cluster;
    this.id = id;
    this.files = new MemoryFiles(id);
  }

  async format(ids: readonly ReplicaId[]): Promise<void> {
    await formatReplicaDisk({
      folder: `/replica-${this.id}`,
      fs: this.files,
      cluster: 'test',
      replica: this.id,
      incarnation: 1_000 + this.id,
      admitted: true,
      configuration: firstConfiguration(ids),
      lock: async () => ({ release: async () => {} }),
    });
  }

  async start(): Promise<void> {
    const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
    this.links = new MemoryLinks(this.cluster, this.id);
    this.replica = await StoreReplica.start(
      {
        id: this.id,
        links: this.links,
        clock,
        logger: silentLogger(),
        random: new Sfc32(this.id, Date.now(), 3),
        heartbeatMs: HEARTBEAT_MS,
        turns: {
          soon: (work) => void setImmediate(work),
          every: (ms, work) => {
            const timer = setInterval(work, ms);
            return { stop: () => clearInterval(timer) };
          },
        },
      },
      (events) =>
        openReplicaDisk({
          folder: `/replica-${this.id}`,
          fs: this.files,
          cluster: 'test',
          replica: this.id,
          clock,
          logger: silentLogger(),
          events,
          onDamage: 'report',
          limits: SMALL,
          lock: async () => ({ release: async () => {} }),
        }),
      {
        onApplied: (outcome) => this.applied.push(outcome),
        onReplaced: () => {},
        onLeading: () => {},
        onTouched: () => {},
        onFailed: (error) => {
          this.failed = error;
        },
      },
    );
  }

  async stop(): Promise<void> {
    await this.replica.stop(new Error('stopped by the test'));
    this.links = undefined;
  }

  submit(command: Command, timeoutMs?: number): Promise<Applied> {
    return this.replica.submit(encodeCommand(command), timeoutMs);
  }

  async openSession(): Promise<number> {
    const { result } = await this.submit({
      type: 'open-session',
      timeMs: Date.now(),
      password: new Uint8Array(16),
      timeoutMs: 10_000,
      keepsResults: false,
    });
    if (result.type !== 'session-opened') throw new Error(`no session: ${JSON.stringify(result)}`);
    return result.session;
  }

  create(session: number, xid: number, path: string): Promise<Applied> {
    return this.submit({
      type: 'client',
      session,
      xid,
      timeMs: Date.now(),
      identities: NOBODY,
      operation: {
        type: 'create',
        path,
        data: new TextEncoder().encode(path),
        acl: [{ permissions: 31, scheme: 'world', id: 'anyone' }],
        node: { kind: 'persistent' },
        sequential: false,
      },
    });
  }
}

export class StoreCluster {
  readonly nodes: Map<ReplicaId, StoreNode> = new Map();
  isCut: (from: ReplicaId, to: ReplicaId) => boolean = () => false;

  static async start(size: number): Promise<StoreCluster> {
    const cluster = new StoreCluster();
    const ids = Array.from({ length: size }, (_, index) => index + 1);
    for (const id of ids) {
      const node = new StoreNode(cluster, id);
      cluster.nodes.set(id, node);
      await node.format(ids);
    }
    for (const node of cluster.nodes.values()) await node.start();
    return cluster;
  }

  node(id: ReplicaId): StoreNode {
    return this.nodes.get(id)!;
  }

  deliver(from: ReplicaId, to: ReplicaId, message: LinkMessage): void {
    if (!this.isCut(from, to)) this.nodes.get(to)?.links?.onMessage(from, message);
  }

  async leader(): Promise<StoreNode> {
    for (let tries = 0; tries < 500; tries++) {
      const leader = [...this.nodes.values()].find(
        (node) => node.links !== undefined && node.replica.view.role === 'leading',
      );
      if (leader !== undefined) return leader;
      await sleep(10);
    }
    throw new Error('nobody leads');
  }

  /** Waits until all that are up have applied the same. */
  async settled(): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      const up = [...this.nodes.values()].filter((node) => node.links !== undefined);
      const [first] = up;
      if (up.every((node) => node.replica.appliedIndex === first!.replica.appliedIndex)) return;
      await sleep(10);
    }
    throw new Error('the replicas do not come to the same state');
  }

  async stop(): Promise<void> {
    for (const node of this.nodes.values()) if (node.links !== undefined) await node.stop();
  }
}
