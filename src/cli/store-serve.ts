// Owns: `millrace store serve`: the options of a store replica as a process, and its end. Not here: the replica
// (store/zookeeper/server/serve-store.ts).

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { ERROR_CODES, EXIT } from '../base/error-codes.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { ClientPort } from '../store/zookeeper/server/zookeeper-server.ts';
import { type Command, type CommandInput, type OptionValues, usage } from './command.ts';
import { watchLauncher } from './launcher-watch.ts';
import { LOG_LEVEL_OPTION, loggerFor } from './logger.ts';
import { packageInfo } from './package-info.ts';
import { showError } from './show-error.ts';
import { parseAddress, parseMembers } from './store-addresses.ts';
import { systemClock } from './system-clock.ts';

const DEFAULT_CLIENT = '127.0.0.1:2181';
const DEFAULT_DATA = './.millrace/store';
/** What tools are told that the protocol is. */
const ZOOKEEPER_VERSION = '3.9.5';

export const serveCommand: Command = {
  name: 'store serve',
  argumentsHelp: '',
  summary: "Runs one replica of the store. Clients speak ZooKeeper's protocol with it.",
  positionals: [0, 0],
  options: {
    id: { type: 'string', value: 'N', help: 'number of this replica, from 1 up (default 1)' },
    cluster: {
      type: 'string',
      value: 'LIST',
      help: 'all replicas as ID=HOST:PORT with commas between; left out for a replica alone',
    },
    name: { type: 'string', value: 'NAME', help: 'name of the cluster, the same for all (default millrace)' },
    'new-cluster': {
      type: 'boolean',
      help: 'the cluster begins: all folders are empty. Never for a replica that lost its folder',
    },
    data: { type: 'string', value: 'DIR', help: `folder of this replica (default ${DEFAULT_DATA})` },
    client: {
      type: 'string',
      value: 'HOST:PORT',
      help: `where clients connect (default ${DEFAULT_CLIENT})`,
    },
    'secure-client': { type: 'string', value: 'HOST:PORT', help: 'where clients connect with TLS' },
    'tls-key': {
      type: 'string',
      value: 'FILE',
      help: 'private key (PEM), for TLS with clients and replicas',
    },
    'tls-cert': { type: 'string', value: 'FILE', help: 'certificate (PEM) that belongs to the key' },
    'tls-ca': {
      type: 'string',
      value: 'FILE',
      help: 'authority (PEM): clients must prove who they are, and replicas speak TLS',
    },
    'min-session-timeout': { type: 'string', value: 'MS', help: 'milliseconds (default 4000)' },
    'max-session-timeout': { type: 'string', value: 'MS', help: 'milliseconds (default 40000)' },
    heartbeat: { type: 'string', value: 'MS', help: 'milliseconds between heartbeats (default 50)' },
    'log-level': LOG_LEVEL_OPTION,
  },
  notes: ['SIGINT (Ctrl-C) and SIGTERM close it. Sessions of its clients live on at the other replicas.'],
  examples: [
    'millrace store serve',
    'millrace store serve --id 1 --cluster 1=127.0.0.1:7101,2=127.0.0.1:7102,3=127.0.0.1:7103 \\',
    '    --client 127.0.0.1:2181 --data ./replica-1 --new-cluster',
  ],
  run: serve,
};

async function serve({ options, terminal }: CommandInput): Promise<number> {
  const id = options.integer('id', 1, 999_999_999) ?? 1;
  const members = options.text('cluster');
  const cluster = members === undefined ? new Map() : parseMembers(serveCommand, 'cluster', members);
  if (cluster.size > 0 && !cluster.has(id)) {
    const expected = `one of ${[...cluster.keys()].join(', ')}`;
    throw usage(serveCommand, '--id is none of --cluster.', { expected, got: String(id) });
  }
  const tls = await tlsOf(options);
  const isMutual = tls?.ca !== undefined;
  const { serveStore } = await import('../store/zookeeper/server/serve-store.ts');
  const end = untilSignal();
  const heartbeatMs = options.integer('heartbeat', 5, 10_000);
  const name = options.text('name');
  try {
    const store = await serveStore({
      id,
      cluster,
      clients: clientPorts(options, tls),
      folder: resolve(options.text('data') ?? DEFAULT_DATA),
      isNewCluster: options.flag('new-cluster'),
      ...(name === undefined ? {} : { name }),
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(isMutual ? { linksTls: tls } : {}),
      sessionTimeouts: sessionTimeouts(options),
      clock: systemClock(),
      logger: loggerFor(serveCommand, options),
      version: `${ZOOKEEPER_VERSION}-millrace-${packageInfo().version}`,
      onFailed: end.fail,
    });
    terminal.out.line(`replica ${id} serves clients on port ${store.ports.join(' and ')}`);
    const failure = await end.ended;
    if (failure !== undefined) return failed(failure, (error) => showError(error, terminal));
    await store.close();
    return EXIT.ok;
  } finally {
    end.dispose();
  }
}

/** What is durable is not known after some failures: nothing is closed in order, the process just ends. */
function failed(error: Error, show: (error: unknown) => number): number {
  const code = show(error);
  return error instanceof MillraceError ? ERROR_CODES[error.code] : code;
}

function clientPorts(options: OptionValues, tls: TlsOptions | undefined): ClientPort[] {
  const secure = options.text('secure-client');
  const plain = options.text('client') ?? (secure === undefined ? DEFAULT_CLIENT : undefined);
  const ports: ClientPort[] = plain === undefined ? [] : [parseAddress(serveCommand, 'client', plain)];
  if (secure === undefined) return ports;
  if (tls === undefined) {
    throw usage(serveCommand, '--secure-client needs a certificate.', {
      expected: '--tls-key and --tls-cert',
    });
  }
  return [...ports, { ...parseAddress(serveCommand, 'secure-client', secure), tls }];
}

async function tlsOf(options: OptionValues): Promise<TlsOptions | undefined> {
  const [key, cert, ca] = await Promise.all(
    ['tls-key', 'tls-cert', 'tls-ca'].map((name) => pem(name, options.text(name))),
  );
  if (key === undefined && cert === undefined && ca === undefined) return undefined;
  if (key === undefined || cert === undefined) {
    throw usage(serveCommand, 'TLS needs a key and its certificate.', {
      expected: '--tls-key and --tls-cert',
    });
  }
  if (ca === undefined) return { key, cert };
  return { key, cert, ca, requestCert: true, rejectUnauthorized: true };
}

async function pem(name: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usage(serveCommand, `--${name} cannot be read.`, { expected: 'a PEM file', got: messageOf(error) });
  }
}

function sessionTimeouts(options: OptionValues): { minMs: number; maxMs: number } {
  const most = 0x7fff_ffff;
  const minMs = options.integer('min-session-timeout', 1, most) ?? 4_000;
  const maxMs = options.integer('max-session-timeout', minMs, most) ?? Math.max(40_000, minMs);
  return { minMs, maxMs };
}

interface End {
  /** With an error if it was one. */
  readonly ended: Promise<Error | undefined>;
  readonly fail: (error: Error) => void;
  dispose(): void;
}

function untilSignal(): End {
  let finish: (error: Error | undefined) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    finish = resolve;
  });
  const onSignal = (): void => finish(undefined);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const forgetLauncher = watchLauncher(onSignal);
  return {
    ended,
    fail: (error) => finish(error),
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      forgetLauncher();
    },
  };
}
