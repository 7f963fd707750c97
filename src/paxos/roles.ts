// Owns: what each role does with each event, as one table. docs/consensus.md shows it; a test holds both equal.
// A new role, message or event does not compile before its row or column is filled in.
//
//   act     handled
//   drop    counted and dropped: it means nothing to this role, or acting on it would be unsafe
//   refuse  answered at once: not the leader, ask again later

import type { EventKind } from './event.ts';
import type { MessageKind } from './message.ts';

/**
 * joining     empty disk; asks whether it ever took part
 * recovering  its log is damaged: promises and acknowledges nothing until a leader has repaired it
 * passive     outside of the configuration in force, which it learns from others
 * retired     was replaced, or refused by those who know it with another disk: takes no part any more
 * looking     electing
 * following   has a leader
 * preparing   nominated: phase 1
 * leading     phase 2
 */
export type Role =
  | 'joining'
  | 'recovering'
  | 'passive'
  | 'retired'
  | 'looking'
  | 'following'
  | 'preparing'
  | 'leading';

export type Reaction = 'act' | 'drop' | 'refuse';

type Column = Exclude<EventKind, 'receive'> | MessageKind;

const act = 'act';
const drop = 'drop';
const refuse = 'refuse';

/** What all roles do alike. */
const ALWAYS = { start: act, persisted: act, trim: act, 'snapshot-staged': act } as const;
const NO_LEADER = { propose: refuse, reconfigure: refuse } as const;
const NO_ELECTION = { nominate: drop, vote: drop } as const;
/** Phase 1b and 2b, for proposers only. */
const NOT_PROPOSING = {
  promise: drop,
  accepted: drop,
  nack: drop,
  'heartbeat-ack': drop,
  'sync-request': drop,
} as const;
/** Phase 1a and 2a and what else comes from a leader. */
const NOT_ACCEPTING = {
  prepare: drop,
  'accept-sync': drop,
  accept: drop,
  decide: drop,
  heartbeat: drop,
  'snapshot-offer': drop,
  'read-answer': drop,
} as const;
const ACCEPTING = {
  prepare: act,
  'accept-sync': act,
  accept: act,
  decide: act,
  heartbeat: act,
  'snapshot-offer': act,
  'read-answer': act,
} as const;
const MEMBER = {
  ping: act,
  join: act,
  'join-answer': drop,
  'catch-up': act,
  'catch-up-request': act,
} as const;

export const ROLE_TABLE: { readonly [R in Role]: { readonly [C in Column]: Reaction } } = {
  joining: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NO_ELECTION,
    ...NOT_PROPOSING,
    ...NOT_ACCEPTING,
    ...MEMBER,
    tick: act,
    'join-answer': act,
    ping: drop,
    read: refuse,
    'read-ask': refuse,
  },
  recovering: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NO_ELECTION,
    ...NOT_PROPOSING,
    ...ACCEPTING,
    ...MEMBER,
    prepare: drop,
    'read-answer': drop,
    // Without pings nobody counts it among a quorum that could elect.
    ping: drop,
    tick: act,
    read: refuse,
    'read-ask': refuse,
  },
  passive: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NO_ELECTION,
    ...NOT_PROPOSING,
    ...NOT_ACCEPTING,
    ...MEMBER,
    ping: drop,
    join: drop,
    tick: act,
    read: refuse,
    'read-ask': refuse,
  },
  retired: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NO_ELECTION,
    ...NOT_PROPOSING,
    ...NOT_ACCEPTING,
    ...MEMBER,
    ping: drop,
    join: drop,
    tick: drop,
    'catch-up': drop,
    read: refuse,
    'read-ask': refuse,
  },
  looking: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NOT_PROPOSING,
    ...ACCEPTING,
    ...MEMBER,
    nominate: act,
    vote: act,
    tick: act,
    'read-answer': drop,
    read: refuse,
    'read-ask': refuse,
  },
  following: {
    ...ALWAYS,
    ...NO_LEADER,
    ...NOT_PROPOSING,
    ...ACCEPTING,
    ...MEMBER,
    nominate: act,
    vote: act,
    tick: act,
    read: act,
    'read-ask': refuse,
  },
  preparing: {
    ...ALWAYS,
    ...NOT_PROPOSING,
    ...ACCEPTING,
    ...MEMBER,
    nominate: drop,
    vote: act,
    tick: act,
    promise: act,
    nack: act,
    propose: act,
    reconfigure: refuse,
    'read-answer': drop,
    read: refuse,
    'read-ask': refuse,
  },
  leading: {
    ...ALWAYS,
    ...ACCEPTING,
    ...MEMBER,
    nominate: drop,
    vote: act,
    tick: act,
    promise: act,
    accepted: act,
    nack: act,
    'heartbeat-ack': act,
    'sync-request': act,
    propose: act,
    reconfigure: act,
    'snapshot-offer': drop,
    'read-answer': drop,
    read: act,
    'read-ask': act,
  },
};
