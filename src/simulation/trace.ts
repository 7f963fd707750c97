// Owns: the trace of a run: a table of every step and of what happens around it, for people, on demand; a fingerprint of all
// its text, on demand; and always a cheap hash of some of its numbers, which tells most runs apart and no more than that.
// Invariant: equal fingerprints mean equal tables, but for chance.

import { ballotText } from '../paxos/ballot.ts';
import type { Event, EventKind } from '../paxos/event.ts';
import type { Body, MessageKind } from '../paxos/message.ts';
import type { ReplicaView } from './replica-under-test.ts';
import { TextHash } from './text-hash.ts';

/** Takes one line of the table. */
export type PrintLine = (line: string) => void;

const EVENTS: Readonly<Record<EventKind, number>> = {
  start: 1,
  tick: 2,
  receive: 3,
  propose: 4,
  read: 5,
  persisted: 6,
  trim: 7,
  'snapshot-staged': 8,
  reconfigure: 9,
  nominate: 10,
};

const MESSAGES: Readonly<Record<MessageKind, number>> = {
  prepare: 32,
  promise: 33,
  'accept-sync': 34,
  accept: 35,
  accepted: 36,
  decide: 37,
  nack: 38,
  heartbeat: 39,
  'heartbeat-ack': 40,
  'sync-request': 41,
  'snapshot-offer': 42,
  'read-ask': 43,
  'read-answer': 44,
  vote: 45,
  ping: 46,
  join: 47,
  'join-answer': 48,
  'catch-up': 49,
  'catch-up-request': 50,
};

export class Trace {
  /** Of time, replica, kind of event, lengths, round and number of messages of each step. Not of all that the table says. */
  hash = 0x811c9dc5;
  private readonly clock: { readonly now: number };
  private readonly print: PrintLine | undefined;
  private readonly text: TextHash | undefined;

  constructor(clock: { readonly now: number }, print: PrintLine | undefined, hashesText: boolean) {
    this.clock = clock;
    this.print = print;
    this.text = hashesText ? new TextHash() : undefined;
    if (this.isWritten)
      this.add(
        row(
          'time (s)',
          'replica',
          'event',
          'role',
          'promised',
          'accepted',
          'decided',
          'durable',
          'length',
          'sent',
        ),
      );
  }

  /** The fingerprint of the table, if one was asked for. */
  get textHash(): string | undefined {
    return this.text?.digest;
  }

  private get isWritten(): boolean {
    return this.print !== undefined || this.text !== undefined;
  }

  /** One step of a replica. */
  step({ id }: { readonly id: number }, event: Event, view: ReplicaView, sent: number): void {
    const { now } = this.clock;
    const code = event.kind === 'receive' ? MESSAGES[event.message.body.kind] : EVENTS[event.kind];
    let hash = Math.imul(this.hash ^ now, 0x01000193);
    hash = Math.imul(hash ^ (id + code * 32), 0x01000193);
    hash = Math.imul(hash ^ (view.decided + view.length * 65_536), 0x01000193);
    hash = Math.imul(hash ^ (view.promised.round * 256 + sent), 0x01000193);
    this.hash = hash ^ (hash >>> 15);
    if (this.isWritten) this.add(this.line(id, event, view, sent));
  }

  /** What happens around the replicas. `id` 0 is the world. */
  note(id: number, what: string): void {
    if (!this.isWritten) return;
    this.add(row(seconds(this.clock.now), id === 0 ? '' : String(id), `* ${what}`).trimEnd());
  }

  private add(line: string): void {
    this.print?.(line);
    this.text?.addLine(line);
  }

  private line(id: number, event: Event, view: ReplicaView, sent: number): string {
    return row(
      seconds(this.clock.now),
      String(id),
      eventText(event),
      view.role,
      ballotText(view.promised),
      ballotText(view.accepted),
      String(view.decided),
      String(view.durableLength),
      String(view.length),
      sent === 0 ? '' : String(sent),
    ).trimEnd();
  }
}

const WIDTHS = [11, 8, 46, 11, 10, 10, 8, 8, 7, 4] as const;

function row(...cells: readonly string[]): string {
  return WIDTHS.map((width, column) => (cells[column] ?? '').padEnd(width)).join('');
}

function seconds(micros: number): string {
  return (micros / 1_000_000).toFixed(6);
}

function eventText(event: Event): string {
  switch (event.kind) {
    case 'receive':
      return `${event.message.from} → ${event.message.to} ${bodyText(event.message.body)}`;
    case 'propose':
      return `propose ${event.entries.length}`;
    case 'persisted':
      return `persisted ${event.write}`;
    case 'trim':
    case 'snapshot-staged':
      return `${event.kind} ${event.index}`;
    case 'reconfigure':
      return `reconfigure ${event.configuration.members.map(({ id }) => id).join(' ')}`;
    default:
      return event.kind;
  }
}

/** The kind, then its ballot, and the entries it carries as `[from..until)`. */
function bodyText(body: Body): string {
  const parts: string[] = [body.kind];
  if ('ballot' in body) parts.push(ballotText(body.ballot));
  if (body.kind === 'nack') parts.push(`promised ${ballotText(body.promised)}`);
  if ('from' in body) parts.push(`[${body.from}..${body.from + body.entries.length})`);
  if ('length' in body) parts.push(`length ${body.length}`);
  if ('decided' in body) parts.push(`decided ${body.decided}`);
  if ('snapshot' in body && body.snapshot) parts.push('snapshot');
  if ('known' in body) parts.push(`known ${body.known}`);
  if (body.kind === 'vote')
    parts.push(`round ${body.round} ${body.state} for ${body.candidate?.replica ?? 'nobody'}`);
  return parts.join(' ');
}
