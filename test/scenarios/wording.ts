// Owns: how a transcript words a message, an event and a replica's state. Not here: what happens (stage.ts).

import { ballotText } from '../../src/paxos/ballot.ts';
import type { Effects } from '../../src/paxos/effects.ts';
import type { Entry } from '../../src/paxos/entry.ts';
import type { Event } from '../../src/paxos/event.ts';
import type { Body, Message } from '../../src/paxos/message.ts';
import type { ReplicaView } from '../../src/paxos/replica.ts';
import { textOf } from '../paxos/cluster.ts';

/** Said by everyone all the time; worth a line only if something comes of it. */
export const NOISE: readonly Body['kind'][] = [
  'vote',
  'ping',
  'heartbeat',
  'heartbeat-ack',
  'join',
  'catch-up-request',
];

const list = (entries: readonly Entry[]) => `[${entries.map(textOf).join(' ')}]`;

export function bodyText(body: Body): string {
  switch (body.kind) {
    case 'prepare':
    case 'heartbeat':
    case 'heartbeat-ack':
      return `${body.kind} ${ballotText(body.ballot)}`;
    case 'promise': {
      const news = body.entries.length > 0 ? ` ${list(body.entries)}@${body.from}` : '';
      return `promise ${ballotText(body.ballot)} (has ${body.length} accepted at ${ballotText(body.accepted)}${news})`;
    }
    case 'accept-sync': {
      const how = body.snapshot ? ' with snapshot' : body.repair !== 0 ? ' as repair' : '';
      return `accept-sync ${ballotText(body.ballot)} ${list(body.entries)}@${body.from}${how}`;
    }
    case 'accept':
      return `accept ${ballotText(body.ballot)} ${list(body.entries)}@${body.from}`;
    case 'accepted':
      return `accepted ${ballotText(body.ballot)} up to ${body.length}`;
    case 'decide':
      return `decide ${ballotText(body.ballot)} up to ${body.decided}`;
    case 'nack':
      return `nack ${ballotText(body.ballot)} (promised ${ballotText(body.promised)})`;
    case 'sync-request':
      return `sync-request (decided ${body.decided}${body.damaged !== 0 ? ', damaged' : ''})`;
    case 'catch-up':
      return `catch-up ${list(body.entries)}@${body.from}`;
    case 'join-answer':
      return body.known === 0
        ? 'join-answer (you were replaced)'
        : `join-answer (your disk is ${body.known})`;
    default:
      return body.kind;
  }
}

export function eventText(event: Event): string {
  switch (event.kind) {
    case 'receive':
      return `${event.message.from}: ${bodyText(event.message.body)}`;
    case 'propose':
      return `propose ${list(event.entries)}`;
    case 'reconfigure':
      return `reconfigure to {${event.configuration.members.map(({ id }) => id).join(' ')}}`;
    case 'start':
      return 'starts';
    case 'persisted':
      return 'disk has flushed';
    default:
      return event.kind;
  }
}

export const STATE_HEADER = `${'role'.padEnd(10)} prom.  acc.   log`;

/** Promised, accepted, and the log: `a b | c` has two decided entries and one that is not. */
export function stateText(view: ReplicaView): string {
  const words = Array.from({ length: view.length }, (_, index) => textOf(view.entry(index)));
  const log = [...words.slice(0, view.decided), '|', ...words.slice(view.decided)].join(' ');
  return `${view.role.padEnd(10)} ${ballotText(view.promised).padEnd(6)} ${ballotText(view.accepted).padEnd(6)} ${log}`;
}

/** `accept 1.1.1 [a]@0 to 2, 3`, without noise. */
export function sendsText(sent: readonly Message[]): string {
  const receivers = new Map<string, number[]>();
  for (const { to, body } of sent) {
    if (NOISE.includes(body.kind)) continue;
    const text = bodyText(body);
    receivers.set(text, [...(receivers.get(text) ?? []), to]);
  }
  return [...receivers].map(([text, to]) => `${text} to ${to.join(', ')}`).join('; ');
}

/** What the step answered to its driver. */
export function answersText({ proposed, reads, refused }: Effects): string {
  const said: string[] = reads.map(({ index }) =>
    index < 0 ? 'read fails' : `read may be served at ${index}`,
  );
  if (proposed !== undefined && proposed.status !== 'appended') said.push(proposed.status);
  if (refused !== undefined) said.push(refused);
  return said.join('; ');
}
