// Owns: the answers to dump, wchs, wchc and wchp: sessions, ephemeral nodes and watches as text. Not here: the other words.

import type { SessionId } from '../../machine/types.ts';
import type { Watcher } from '../../replica/local-watches.ts';
import type { ZooKeeperServer } from './zookeeper-server.ts';

const hex = (session: SessionId): string => `0x${session.toString(16)}`;

export function dump({ service, connections }: ZooKeeperServer): string {
  const sessions = [...service.reads.sessions()];
  const owners = sessions
    .map(({ id }) => ({ id, paths: service.reads.ephemeralsOf(id) }))
    .filter(({ paths }) => paths.length > 0);
  const held = owners.map(({ id, paths }) => `${hex(id)}:\n${paths.map((path) => `\t${path}\n`).join('')}`);
  const here = [...connections].flatMap(({ requests }) => (requests === undefined ? [] : [requests.session]));
  return [
    'SessionTracker dump:\n',
    `Global Sessions(${sessions.length}):\n`,
    ...sessions.map(({ id, timeoutMs }) => `${hex(id)}\t${timeoutMs}ms\n`),
    'ephemeral nodes dump:\n',
    `Sessions with Ephemerals (${owners.length}):\n`,
    ...held,
    'Connections dump:\n',
    `Connections Sets (1)/(${here.length}):\n`,
    ...here.map((id) => `\t${hex(id)}\n`),
  ].join('');
}

export function watchesSummary(server: ZooKeeperServer): string {
  const byPath = watchersByPath(server);
  const watchers = new Set([...byPath.values()].flatMap((sessions) => [...sessions]));
  const { size } = server.service.watches;
  return `${watchers.size} connections watching ${byPath.size} paths\nTotal watches:${size}\n`;
}

export function watchesBySession(server: ZooKeeperServer): string {
  const bySession = new Map<SessionId, string[]>();
  for (const [path, sessions] of watchersByPath(server)) {
    for (const session of sessions) bySession.set(session, [...(bySession.get(session) ?? []), path]);
  }
  return tree([...bySession].map(([session, paths]) => [hex(session), paths]));
}

export function watchesByPath(server: ZooKeeperServer): string {
  return tree([...watchersByPath(server)].map(([path, sessions]) => [path, [...sessions].map(hex)]));
}

function tree(groups: readonly (readonly [string, readonly string[]])[]): string {
  return groups.map(([head, items]) => `${head}\n${items.map((item) => `\t${item}\n`).join('')}`).join('');
}

function watchersByPath({ service, connections }: ZooKeeperServer): Map<string, Set<SessionId>> {
  const sessions = new Map<Watcher, SessionId>();
  for (const { requests } of connections)
    if (requests !== undefined) sessions.set(requests, requests.session);
  const byPath = new Map<string, Set<SessionId>>();
  for (const table of [service.watches.data, service.watches.children]) {
    for (const [path, watchers] of table.entries()) {
      const here = byPath.get(path) ?? new Set();
      for (const watcher of watchers.keys()) {
        const session = sessions.get(watcher);
        if (session !== undefined) here.add(session);
      }
      byPath.set(path, here);
    }
  }
  return byPath;
}
