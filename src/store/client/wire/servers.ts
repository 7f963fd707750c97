// Owns: the servers of a connect string, and whose turn it is. Not here: reaching them.

import { MillraceError } from '../../../base/errors.ts';
import { fraction, type Random } from '../../../base/random.ts';
import { pathProblem } from '../../zookeeper/protocol/paths.ts';

export interface Server {
  readonly host: string;
  readonly port: number;
}

export interface ConnectString {
  readonly servers: readonly Server[];
  /** '' for none. */
  readonly chroot: string;
}

const DEFAULT_PORT = 2181;

/** `host:port,host:port/root`, as ZooKeeper's clients take it. IPv6 in brackets. Throws MR_SETTING_INVALID. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/');
  const list = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 || slash === text.length - 1 ? '' : text.slice(slash);
  const problem = chroot === '' ? undefined : pathProblem(chroot);
  if (problem !== undefined) throw invalid(text, `the part after the servers is a path: ${problem}`);
  const servers = list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => parseServer(each, text));
  if (servers.length === 0) throw invalid(text, 'it names no server');
  return { servers, chroot };
}

function parseServer(each: string, text: string): Server {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(each);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) throw invalid(text, `${each} is no host:port`);
  return { host, port };
}

function invalid(text: string, why: string): MillraceError {
  return new MillraceError('MR_SETTING_INVALID', `the store's servers cannot be read: ${why}`, {
    expected:
      'host:port, more after commas, and a path at the end if wanted: 127.0.0.1:2181,127.0.0.1:2182/app',
    got: text,
  });
}

export function serverName({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Takes turns, from a place that is chance, so that clients spread. */
export class ServerList {
  private readonly order: Server[];
  private at = 0;

  constructor(servers: readonly Server[], random: Random) {
    this.order = [...servers];
    for (let i = this.order.length - 1; i > 0; i--) {
      const j = Math.floor(fraction(random) * (i + 1));
      [this.order[i], this.order[j]] = [this.order[j]!, this.order[i]!];
    }
  }

  get size(): number {
    return this.order.length;
  }

  next(): Server {
    const server = this.order[this.at]!;
    this.at = (this.at + 1) % this.order.length;
    return server;
  }

  /** `server` is the next one. */
  prefer(server: Server): void {
    this.at = Math.max(0, this.order.indexOf(server));
  }

  /** All but `server`. */
  others(server: Server): readonly Server[] {
    return this.order.filter((each) => each !== server);
  }
}
