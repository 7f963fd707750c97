// Owns: a real Apache ZooKeeper on 127.0.0.1 for tests: one node or an ensemble, each node a process of its own that can
// be killed, paused and started again with the same port and data. Not here: the jars (java-jars.ts).
// Invariant: nothing is left after `stop`, nor after the end of the test process.
//
// MILLRACE_ZOOKEEPER_HOME names a folder with the jars (or one whose `lib` has them), where there is no Maven.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandProblem, fetchJars } from './java-jars.ts';

const VERSION = '3.9.5';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;
/** Time of one four-letter word. */
const WORD_LIMIT_MS = 2_000;

const DEPENDENCIES = [
  `org.apache.zookeeper:zookeeper:${VERSION}`,
  'io.dropwizard.metrics:metrics-core:4.1.12.1',
  'org.xerial.snappy:snappy-java:1.1.10.7',
  'org.slf4j:slf4j-api:2.0.17',
  'org.slf4j:slf4j-simple:2.0.17',
];

export interface ZooKeeperOptions {
  readonly nodes?: number;
  /** Lines for zoo.cfg, over the defaults. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** `-D…` of the Java process. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Why there can be no ZooKeeper here, or undefined. */
export async function zooKeeperProblem(): Promise<string | undefined> {
  const java = await commandProblem('java', '-version');
  if (java !== undefined) return java;
  return process.env['MILLRACE_ZOOKEEPER_HOME'] === undefined ? commandProblem('mvn', '-version') : undefined;
}

export class ZooKeeper {
  /** `127.0.0.1:port`, one per node. */
  readonly servers: readonly string[];
  private readonly nodes: readonly Node[];
  private readonly folder: string;
  private readonly atExit = (): void => {
    for (const node of this.nodes) node.signal('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  private constructor(folder: string, nodes: readonly Node[]) {
    this.folder = folder;
    this.nodes = nodes;
    this.servers = nodes.map(({ port }) => `127.0.0.1:${port}`);
    process.once('exit', this.atExit);
  }

  /** Resolves when every node serves. */
  static async start(options: ZooKeeperOptions = {}): Promise<ZooKeeper> {
    const jars = await jarFolder();
    const count = options.nodes ?? 1;
    const folder = mkdtempSync(join(tmpdir(), 'millrace-zookeeper-'));
    const ports = await freePorts(3 * count);
    const peers = ports
      .slice(count, 2 * count)
      .map((port, i): [string, string] => [`server.${i + 1}`, `127.0.0.1:${port}:${ports[2 * count + i]}`]);
    const config = { ...DEFAULTS, ...(count > 1 ? Object.fromEntries(peers) : {}), ...options.config };
    const nodes = ports
      .slice(0, count)
      .map(
        (port, i) => new Node(join(folder, `${i + 1}`), i + 1, port, jars, config, options.properties ?? {}),
      );
    const ensemble = new ZooKeeper(folder, nodes);
    try {
      await Promise.all(nodes.map((node) => node.start()));
    } catch (error) {
      await ensemble.stop();
      throw error;
    }
    return ensemble;
  }

  /** `n` counts from 1, here and below. SIGKILL. */
  async kill(n: number): Promise<void> {
    await this.node(n).end('SIGKILL');
  }

  /** After `kill` or instead of it. Resolves when the node serves again. */
  async restart(n: number): Promise<void> {
    await this.node(n).end('SIGTERM');
    await this.node(n).start();
  }

  pause(n: number): void {
    this.node(n).signal('SIGSTOP');
  }

  resume(n: number): void {
    this.node(n).signal('SIGCONT');
  }

  /** `leader`, `follower`, `standalone`, `read-only`, or undefined if the node does not serve. */
  mode(n: number): Promise<string | undefined> {
    return this.node(n).mode();
  }

  /** The answer to a four-letter word. */
  ask(n: number, word: string): Promise<string> {
    return fourLetterWord(this.node(n).port, word);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end('SIGKILL')));
    process.removeListener('exit', this.atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private node(n: number): Node {
    const node = this.nodes[n - 1];
    if (node === undefined) throw new Error(`there is no node ${n}: they are 1..${this.nodes.length}`);
    return node;
  }
}

const DEFAULTS = {
  tickTime: 500,
  initLimit: 20,
  syncLimit: 10,
  minSessionTimeout: 500,
  maxSessionTimeout: 60_000,
  maxClientCnxns: 0,
  'admin.enableServer': 'false',
  '4lw.commands.whitelist': '*',
  extendedTypesEnabled: 'true',
} as const;

class Node {
  readonly port: number;
  private readonly folder: string;
  private readonly command: readonly string[];
  private process: ChildProcess | undefined;

  constructor(
    folder: string,
    id: number,
    port: number,
    jars: string,
    config: Readonly<Record<string, string | number>>,
    properties: Readonly<Record<string, string>>,
  ) {
    this.folder = folder;
    this.port = port;
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'myid'), `${id}\n`);
    const all = {
      ...config,
      dataDir: join(folder, 'data'),
      clientPort: port,
      clientPortAddress: '127.0.0.1',
    };
    writeFileSync(
      join(folder, 'zoo.cfg'),
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    const defaults = {
      'zookeeper.forceSync': 'no',
      'zookeeper.extendedTypesEnabled': 'true',
      'zookeeper.jmx.log4j.disable': 'true',
      'org.slf4j.simpleLogger.defaultLogLevel': 'warn',
    };
    this.command = [
      '-Xms32m',
      '-Xmx256m',
      ...Object.entries({ ...defaults, ...properties }).map(([key, value]) => `-D${key}=${value}`),
      '-cp',
      join(jars, '*'),
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      join(folder, 'zoo.cfg'),
    ];
  }

  async start(): Promise<void> {
    const log = openSync(join(this.folder, 'server.log'), 'a');
    const child = spawn('java', this.command, { stdio: ['ignore', log, log] });
    this.process = child;
    const end = Date.now() + START_LIMIT_MS;
    while ((await this.mode()) === undefined) {
      if (child.exitCode !== null || Date.now() > end) {
        throw new Error(
          `ZooKeeper does not start:\n${readFileSync(join(this.folder, 'server.log'), 'utf8')}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.process?.kill(name);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await gone;
    clearTimeout(patience);
  }

  async mode(): Promise<string | undefined> {
    const answer = await fourLetterWord(this.port, 'srvr').catch(() => '');
    return /^Mode: (.+)$/m.exec(answer)?.[1];
  }
}

function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(word));
    let answer = '';
    socket.setEncoding('utf8').setTimeout(WORD_LIMIT_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

async function jarFolder(): Promise<string> {
  const home = process.env['MILLRACE_ZOOKEEPER_HOME'];
  if (home === undefined) return fetchJars(`zookeeper-${VERSION}`, DEPENDENCIES);
  return existsSync(join(home, 'lib')) ? join(home, 'lib') : home;
}

/** Ports that were free a moment ago: all are held at once, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
