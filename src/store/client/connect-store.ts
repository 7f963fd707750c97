// Owns: opening a store over the network: options, their defaults, and the errors of not getting there.

import { MillraceError } from '../../base/errors.ts';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { type Random, Sfc32 } from '../../base/random.ts';
import { CLIENT_LIMITS } from './limits.ts';
import { bytesOf } from './operations.ts';
import { RequestClient } from './request-client.ts';
import type { Data, StoreClient } from './store-client.ts';
import type { TlsOptions } from './wire/connection.ts';
import { Connector } from './wire/connector.ts';
import { parseConnectString } from './wire/servers.ts';
import { WireSession } from './wire/session.ts';

export interface ConnectOptions {
  /** `host:port`, more after commas, and a path at the end that all paths of the client lie below. */
  readonly servers: string;
  /** Milliseconds; the server grants what it allows. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds until the first session must be open. Default 15,000. */
  readonly connectLimitMs?: number;
  /** Read from a server that is cut off from its quorum if no other is there. Default false. */
  readonly allowReadOnly?: boolean;
  readonly tls?: TlsOptions;
  /** Proved before anything is read or written. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: Data }[];
  /** Requests that are sent and not answered, at most. Default and most 1,024. */
  readonly inFlight?: number;
  readonly logger?: Logger;
  readonly random?: Random;
}

/**
 * Resolves when the session is open. Throws MR_STORE_UNREACHABLE if none is within `connectLimitMs`,
 * MR_STORE_NOT_ZOOKEEPER if all servers speak something else, MR_SETTING_INVALID for wrong options.
 */
export async function connectStore(options: ConnectOptions | string): Promise<StoreClient> {
  const given = typeof options === 'string' ? { servers: options } : options;
  const { servers, chroot } = parseConnectString(given.servers);
  const session = new WireSession({
    servers,
    tls: given.tls,
    sessionTimeoutMs: whole(
      'sessionTimeoutMs',
      given.sessionTimeoutMs,
      CLIENT_LIMITS.sessionTimeoutMs,
      0x7fff_ffff,
    ),
    allowReadOnly: given.allowReadOnly === true,
    inFlight: whole('inFlight', given.inFlight, CLIENT_LIMITS.inFlight, CLIENT_LIMITS.inFlight),
    random: given.random ?? seededRandom(),
    logger: given.logger ?? silentLogger(),
  });
  const proved = (given.auth ?? []).map(({ scheme, auth }) => session.addAuth(scheme, bytesOf(auth)));
  const limitMs = whole('connectLimitMs', given.connectLimitMs, CLIENT_LIMITS.connectLimitMs, 0x7fff_ffff);
  await Promise.all([opened(session, given.servers, limitMs), ...proved]);
  return new RequestClient(session, chroot);
}

function opened(session: WireSession, servers: string, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let failures: ReadonlyMap<string, Error> = new Map();
    const settle = (error?: MillraceError): void => {
      clearTimeout(timer);
      stop();
      session.onRoundFailed = () => {};
      if (error === undefined) {
        resolve();
        return;
      }
      void session.close();
      reject(error);
    };
    const timer = setTimeout(() => settle(unreachable(servers, limitMs, failures)), limitMs);
    const stop = session.onState((state) => {
      if (state === 'connected') settle();
      else if (state === 'expired' || state === 'closed') settle(unreachable(servers, limitMs, failures));
    });
    session.onRoundFailed = (round) => {
      failures = new Map(round);
      if (Connector.hopeless(failures)) settle(notZooKeeper(failures));
    };
    session.start();
  });
}

function listOf(failures: ReadonlyMap<string, Error>): string {
  return [...failures].map(([server, error]) => `${server}: ${error.message || error.name}`).join('\n');
}

function unreachable(servers: string, limitMs: number, failures: ReadonlyMap<string, Error>): MillraceError {
  return new MillraceError('MR_STORE_UNREACHABLE', `no session with the store after ${limitMs} ms`, {
    expected: 'one of the servers to open a session',
    got: failures.size === 0 ? `no answer yet from ${servers}` : listOf(failures),
    next: 'Check that the servers run, that a quorum of them sees each other, and host and port.',
  });
}

function notZooKeeper(failures: ReadonlyMap<string, Error>): MillraceError {
  return new MillraceError(
    'MR_STORE_NOT_ZOOKEEPER',
    "what answers there does not speak ZooKeeper's protocol",
    {
      expected: 'the client port of a store or of a ZooKeeper, with TLS exactly if the server has it',
      got: listOf(failures),
      next: 'Check the port: replicas and admin pages have ports of their own.',
    },
  );
}

function whole(name: string, value: number | undefined, fallback: number, most: number): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new MillraceError('MR_SETTING_INVALID', `${name} cannot be this`, {
    expected: `a whole number from 1 to ${most}`,
    got: String(value),
  });
}

function seededRandom(): Random {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Int32Array(3));
  return new Sfc32(a, b, c);
}
