// Owns: the small language of the scenarios: one command a line, played on a cluster of the real core, each event a line of
// output. Not here: the wording of a line (wording.ts), where scripts and transcripts are kept (transcripts.test.ts).
//
//   cluster 3                 replicas 1, 2, 3 with empty disks
//   leader 1                  1 leads and all follow; only the result is shown
//   nominate 1                the election names 1          propose 1 a b      commands at 1
//   read 2                    a linearizable read at 2      replace 3 by 4 at 1
//   deliver [what]            everything under way and what comes of it; with `what` only that: `accept`, `1->3`, `accept 1->3`
//   lose [what]               takes it off the network      keep [what], release   puts it aside, puts it back
//   cut 1->2 …, heal          one-way cuts                  down 1, restart 1      what was not flushed is lost
//   slow 2, flush 2           2 flushes when told           tick 5                 time passes; lines for what is new
//   format 4                  an empty disk                 damage 2 from 1        2 restarts, entries from 1 on unreadable
//   show                      the state of all

import { replaceMember } from '../../src/paxos/configuration.ts';
import type { Effects } from '../../src/paxos/effects.ts';
import type { Event } from '../../src/paxos/event.ts';
import type { Message } from '../../src/paxos/message.ts';
import { Cluster, type Node } from '../paxos/cluster.ts';
import { answersText, eventText, NOISE, STATE_HEADER, sendsText, stateText } from './wording.ts';

const WHAT = 50;
const STATE = 40;

interface Line {
  readonly who: number;
  readonly what: string;
  state: string;
  sent: string;
}

type Wanted = (message: Message) => boolean;

export class Stage {
  private cluster = new Cluster(1);
  private lines: Line[] = [];
  private kept: Message[] = [];
  private quiet = false;
  private readonly seen: Set<string> = new Set();
  private readonly states: Map<number, string> = new Map();

  /** Plays one command and returns its output. */
  play(command: string): string[] {
    const [verb = '', ...rest] = command.trim().split(/\s+/);
    this.lines = [];
    this.quiet = verb === 'tick';
    this.seen.clear();
    const said = this.act(verb, rest) ?? [];
    return [...this.lines.map(lineText), ...said];
  }

  private act(verb: string, rest: readonly string[]): string[] | undefined {
    const { cluster } = this;
    const id = Number(rest[0]);
    const node = () => {
      const found = cluster.nodes.get(id);
      if (found === undefined) throw new Error(`no replica ${rest[0]}`);
      return found;
    };
    switch (verb) {
      case 'cluster':
        return this.open(id);
      case 'leader':
        return this.lead(id);
      case 'nominate':
        node().step({ kind: 'nominate' });
        return;
      case 'propose':
        cluster.propose(id, ...rest.slice(1));
        return;
      case 'read':
        node().step({ kind: 'read', token: 1 });
        return;
      case 'replace':
        return this.replace(id, Number(rest[2]), Number(rest[4]));
      case 'tick':
        cluster.tick(id);
        return;
      case 'slow':
        node().autoFlush = false;
        return;
      case 'flush':
        node().flush();
        return;
      case 'show':
        return this.show();
      default:
        return this.disturb(verb, rest, node);
    }
  }

  private disturb(verb: string, rest: readonly string[], node: () => Node): undefined {
    const { cluster } = this;
    switch (verb) {
      case 'deliver':
        if (rest.length === 0) cluster.settle();
        else for (const message of cluster.take(chosen(rest))) cluster.deliver(message);
        return;
      case 'lose':
        cluster.take(chosen(rest));
        return;
      case 'keep':
        this.kept.push(...cluster.take(chosen(rest)));
        return;
      case 'release':
        cluster.network.push(...this.kept.splice(0));
        return;
      case 'cut':
        cluster.cut = ({ from, to }) => rest.includes(`${from}->${to}`);
        return;
      case 'heal':
        cluster.cut = () => false;
        return;
      case 'down':
        node().up = false;
        return;
      case 'restart':
        node().crash();
        return;
      case 'damage':
        node().crashDamaged(Number(rest[2]));
        return;
      case 'format':
        cluster.format(Number(rest[0]), this.configurationFor(Number(rest[0])));
        return;
      default:
        throw new Error(`no such command: ${verb}`);
    }
  }

  private open(size: number): string[] {
    this.cluster = new Cluster(size).start().settle();
    this.watch();
    return [lineText({ who: 0, what: 'what happens', state: STATE_HEADER, sent: 'what leaves' })];
  }

  private watch(): void {
    this.cluster.observe = (node, event, effects) => this.observe(node, event, effects);
  }

  private lead(leader: number): string[] {
    this.cluster.observe = undefined;
    this.cluster.nominate(leader);
    this.watch();
    return this.show();
  }

  private show(): string[] {
    return [...this.cluster.nodes.values()].map(({ id, up, view }) => {
      const state = stateText(view);
      this.states.set(id, state);
      return lineText({ who: id, what: up ? '' : 'down', state: up ? state : '', sent: '' });
    });
  }

  private replace(leaving: number, joining: number, leader: number): undefined {
    const node = this.cluster.node(leader);
    node.step({
      kind: 'reconfigure',
      configuration: replaceMember(node.view.configuration, leaving, joining),
    });
  }

  /** The newest one that has `id` as a member. */
  private configurationFor(id: number) {
    const all = [...this.cluster.nodes.values()].map((node) => node.view.configuration);
    const fitting = all.filter(({ members }) => members.some((member) => member.id === id));
    return fitting.reduce((a, b) => (b.number > a.number ? b : a));
  }

  private observe(node: Node, event: Event, effects: Effects): void {
    const state = stateText(node.view);
    const sent = [sendsText(effects.send), answersText(effects)].filter((text) => text !== '').join('; ');
    const before = this.states.get(node.id);
    this.states.set(node.id, state);
    const last = this.lines.at(-1);
    if (event.kind === 'persisted' && node.autoFlush && last?.who === node.id) {
      last.state = state;
      if (sent !== '') last.sent = [last.sent, `=> ${sent}`].filter((text) => text !== '').join('  ');
      return;
    }
    const isNoise = event.kind === 'receive' && NOISE.includes(event.message.body.kind);
    if (state === before && sent === '' && (this.quiet || isNoise)) return;
    const line = { who: node.id, what: eventText(event), state, sent: sent === '' ? '' : `-> ${sent}` };
    if (this.quiet && this.isRepeated(line)) return;
    this.lines.push(line);
  }

  private isRepeated(line: Line): boolean {
    const text = lineText(line);
    if (this.seen.has(text)) return true;
    this.seen.add(text);
    return false;
  }
}

/** Kinds and directions; a message must fit to one of each that is named. */
function chosen(rest: readonly string[]): Wanted {
  const directions = rest.filter((word) => word.includes('->'));
  const kinds = rest.filter((word) => !word.includes('->'));
  return ({ from, to, body }) =>
    (directions.length === 0 || directions.includes(`${from}->${to}`)) &&
    (kinds.length === 0 || kinds.includes(body.kind));
}

function lineText({ who, what, state, sent }: Line): string {
  return `  ${who === 0 ? ' ' : who}  ${what.padEnd(WHAT)} ${state.padEnd(STATE)} ${sent}`.trimEnd();
}
