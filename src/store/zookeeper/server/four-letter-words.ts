// Owns: the four-letter words by which tools look after a server, and which text answers each. Not here: the texts about
// watches and sessions (watch-report.ts).
// Source: the formats of ZooKeeper 3.9, which dashboards and checks parse. `mill` is Millrace's own: JSON.

import type { ClientConnection } from './client-connection.ts';
import type { Traffic } from './traffic.ts';
import { dump, watchesByPath, watchesBySession, watchesSummary } from './watch-report.ts';
import type { ZooKeeperServer } from './zookeeper-server.ts';

/** What the server is told of the process it is in. */
export interface ServerFacts {
  /** For example `3.9.5-millrace-0.1.0`: tools read the first three numbers as ZooKeeper's. */
  readonly version: string;
  readonly dataDir: string;
  /** Bytes of the files in it. */
  dataBytes(): number;
  /** `name=value` of `envi`, in order. */
  environment(): readonly (readonly [string, string])[];
  /** `host:port` between replicas, by id; empty for one alone. */
  readonly members: ReadonlyMap<number, string>;
  openFiles(): { readonly open: number; readonly most: number };
}

type Answer = (server: ZooKeeperServer) => string;

const ANSWERS: Readonly<Record<string, Answer>> = {
  ruok: () => 'imok',
  isro: (server) => (server.isReadOnly ? 'ro' : 'rw'),
  srvr: (server) => serving(server, () => `${version(server)}${summary(server)}`),
  stat: (server) =>
    serving(server, () => {
      const clients = [...server.connections].map((one) => ` ${brief(one)}\n`).join('');
      return `${version(server)}Clients:\n${clients}\n${summary(server)}`;
    }),
  mntr: (server) => serving(server, () => lines(monitored(server), '\t')),
  conf: (server) => lines(configuration(server), '='),
  cons: (server) => `${[...server.connections].map((one) => ` ${detailed(one)}\n`).join('')}\n`,
  dump: (server) => dump(server),
  wchs: (server) => watchesSummary(server),
  wchc: (server) => watchesBySession(server),
  wchp: (server) => watchesByPath(server),
  dirs: ({ options }) => {
    const bytes = options.facts.dataBytes();
    return `datadir_size: ${bytes}\nlogdir_size: ${bytes}\n`;
  },
  envi: ({ options }) => `Environment:\n${lines(options.facts.environment(), '=')}`,
  crst: (server) => {
    for (const { traffic } of server.connections) traffic.reset();
    return 'Connection stats reset.\n';
  },
  srst: (server) => {
    server.traffic.reset();
    return 'Server stats reset.\n';
  },
  mill: (server) => `${JSON.stringify(status(server))}\n`,
};

const BY_NUMBER: ReadonlyMap<number, Answer> = new Map(
  Object.entries(ANSWERS).map(([word, answer]) => [Buffer.from(word, 'latin1').readInt32BE(), answer]),
);

/** `word`: its four characters as a big-endian number. undefined: it is none, but perhaps the length of a frame. */
export function answerWord(server: ZooKeeperServer, word: number): string | undefined {
  return BY_NUMBER.get(word)?.(server);
}

function serving(server: ZooKeeperServer, text: () => string): string {
  const { service } = server;
  const serves = service.hasLeader || server.isReadOnly;
  return serves ? text() : 'This ZooKeeper instance is not currently serving requests\n';
}

function version({ options }: ZooKeeperServer): string {
  return `Zookeeper version: ${options.facts.version}\n`;
}

export function modeOf(server: ZooKeeperServer): string {
  const { view } = server.service.replica;
  if (server.isReadOnly) return 'read-only';
  if (view.configuration.members.length === 1) return 'standalone';
  return view.role === 'leading' ? 'leader' : 'follower';
}

function outstanding(server: ZooKeeperServer): number {
  let count = 0;
  for (const { requests } of server.connections) count += requests?.size ?? 0;
  return count;
}

function summary(server: ZooKeeperServer): string {
  const { traffic, service, connections } = server;
  return [
    `Latency min/avg/max: ${latencyText(traffic)}`,
    `Received: ${traffic.received}`,
    `Sent: ${traffic.sent}`,
    `Connections: ${connections.size}`,
    `Outstanding: ${outstanding(server)}`,
    `Zxid: ${hex(service.zxid)}`,
    `Mode: ${modeOf(server)}`,
    `Node count: ${service.reads.counts.nodes}`,
    '',
  ].join('\n');
}

function latencyText({ latency: { min, avg, max } }: Traffic): string {
  return `${min}/${decimal(avg)}/${max}`;
}

/** As Java writes a double of at most four places. */
function decimal(value: number): string {
  const text = String(Math.round(value * 10_000) / 10_000);
  return text.includes('.') ? text : `${text}.0`;
}

function brief({ socket, traffic, requests }: ClientConnection): string {
  const { address, port } = socket;
  const counts = `queued=${requests?.size ?? 0},recved=${traffic.received},sent=${traffic.sent}`;
  return `/${address}:${port}[${requests === undefined ? 0 : 1}](${counts})`;
}

function detailed(connection: ClientConnection): string {
  const { requests, traffic, sinceWallMs, timeoutMs } = connection;
  const text = brief(connection);
  if (requests === undefined) return text;
  const { min, avg, max } = traffic.latency;
  const fields = [
    `sid=${hex(requests.session)}`,
    `lop=${requests.lastOp}`,
    `est=${Math.floor(sinceWallMs)}`,
    `to=${timeoutMs}`,
    `lcxid=${hex(requests.lastXid)}`,
    `lzxid=${hex(requests.lastZxid)}`,
    `lresp=${Math.floor(requests.lastAnswerMs)}`,
    `llat=${Math.round(requests.lastLatencyMs)}`,
    `minlat=${min}`,
    `avglat=${Math.round(avg)}`,
    `maxlat=${max}`,
  ];
  return `${text.slice(0, -1)},${fields.join(',')})`;
}

export function hex(value: number): string {
  return `0x${(value < 0 ? BigInt.asUintN(64, BigInt(value)) : value).toString(16)}`;
}

type Fields = readonly (readonly [string, string | number])[];

function lines(fields: Fields, between: string): string {
  return fields.map(([name, value]) => `${name}${between}${value}\n`).join('');
}

function monitored(server: ZooKeeperServer): Fields {
  const { traffic, service, connections, options } = server;
  const { nodes, dataBytes, ephemerals, sessions } = service.reads.counts;
  const { open, most } = options.facts.openFiles();
  const { min, avg, max } = traffic.latency;
  const { view } = service.replica;
  return [
    ['zk_version', options.facts.version],
    ['zk_server_state', modeOf(server)],
    ['zk_peer_state', `${view.role} - broadcast`],
    ['zk_avg_latency', decimal(avg)],
    ['zk_max_latency', max],
    ['zk_min_latency', min],
    ['zk_packets_received', traffic.received],
    ['zk_packets_sent', traffic.sent],
    ['zk_num_alive_connections', connections.size],
    ['zk_outstanding_requests', outstanding(server)],
    ['zk_znode_count', nodes],
    ['zk_watch_count', service.watches.size],
    ['zk_ephemerals_count', ephemerals],
    ['zk_approximate_data_size', dataBytes],
    ['zk_global_sessions', sessions],
    ['zk_local_sessions', 0],
    ['zk_open_file_descriptor_count', open],
    ['zk_max_file_descriptor_count', most],
    ['zk_connection_rejected', server.refused],
    ['zk_last_proposal_size', -1],
    ...(view.role === 'leading' ? ([['zk_quorum_size', view.configuration.members.length]] as const) : []),
  ];
}

function configuration(server: ZooKeeperServer): Fields {
  const { options, sessionTimeouts, limits, ports } = server;
  const port = (tls: boolean): number => {
    const at = options.ports.findIndex((one) => (one.tls !== undefined) === tls);
    return ports[at] ?? -1;
  };
  const { dataDir, dataBytes, members } = options.facts;
  return [
    ['clientPort', port(false)],
    ['secureClientPort', port(true)],
    ['dataDir', dataDir],
    ['dataDirSize', dataBytes()],
    ['dataLogDir', dataDir],
    ['dataLogSize', dataBytes()],
    ['tickTime', sessionTimeouts.minMs / 2],
    ['maxClientCnxns', limits.connections],
    ['minSessionTimeout', sessionTimeouts.minMs],
    ['maxSessionTimeout', sessionTimeouts.maxMs],
    ['clientPortListenBacklog', -1],
    ['serverId', server.service.replica.id],
    ...[...members].map(([id, address]): readonly [string, string] => [`server.${id}`, address]),
  ];
}

/** What `millrace store status` shows. */
export interface StoreStatus {
  readonly id: number;
  readonly role: string;
  /** 0: unknown. */
  readonly leader: number;
  readonly mode: string;
  readonly promised: string;
  readonly accepted: string;
  readonly length: number;
  readonly decided: number;
  readonly applied: number;
  readonly hash: string;
  readonly nodes: number;
  readonly sessions: number;
  readonly connections: number;
  readonly watches: number;
  readonly full: boolean;
  readonly damaged: boolean;
  readonly members: readonly number[];
  readonly version: string;
}

function status(server: ZooKeeperServer): StoreStatus {
  const { service, connections, options } = server;
  const { replica, reads, watches } = service;
  const { view } = replica;
  const ballot = ({ configuration, round, replica: id }: typeof view.promised): string =>
    `${configuration}.${round}.${id}`;
  return {
    id: view.id,
    role: view.role,
    leader: view.role === 'leading' ? view.id : view.leader,
    mode: modeOf(server),
    promised: ballot(view.promised),
    accepted: ballot(view.accepted),
    length: view.length,
    decided: view.decided,
    applied: replica.appliedIndex,
    hash: replica.machine.hash(),
    nodes: reads.counts.nodes,
    sessions: reads.counts.sessions,
    connections: connections.size,
    watches: watches.size,
    full: replica.isFull,
    damaged: view.damaged,
    members: view.configuration.members.map(({ id }) => id),
    version: options.facts.version,
  };
}
