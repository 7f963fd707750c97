// Owns: `millrace store status`: what each replica says of itself. Not here: where that comes from (the four-letter word
// `mill` of store/zookeeper/server/four-letter-words.ts).

import { connect } from 'node:net';
import { EXIT } from '../base/error-codes.ts';
import { messageOf } from '../base/errors.ts';
import type { StoreStatus } from '../store/zookeeper/server/four-letter-words.ts';
import type { Command, CommandInput } from './command.ts';
import { type Address, parseAddress } from './store-addresses.ts';
import { table } from './table.ts';

const DEFAULT_SERVERS = '127.0.0.1:2181';
const ANSWER_LIMIT_MS = 3_000;

export const statusCommand: Command = {
  name: 'store status',
  argumentsHelp: '[SERVERS]',
  summary: 'Shows how far each replica of the store is, and who leads.',
  positionals: [0, 1],
  options: { json: { type: 'boolean', help: 'print one JSON object' } },
  notes: [`SERVERS are HOST:PORT of clients' ports, with commas between (default ${DEFAULT_SERVERS}).`],
  examples: ['millrace store status', 'millrace store status 127.0.0.1:2181,127.0.0.1:2182 --json'],
  run: status,
};

interface Answer {
  readonly server: string;
  readonly status: StoreStatus | undefined;
  readonly problem: string | undefined;
}

async function status({ positionals, options, terminal }: CommandInput): Promise<number> {
  const servers = (positionals[0] ?? DEFAULT_SERVERS).split(',');
  const addresses = servers.map((server) => parseAddress(statusCommand, 'SERVERS', server));
  const answers = await Promise.all(addresses.map((address, at) => ask(servers[at]!, address)));
  const decided = Math.max(0, ...answers.map(({ status: one }) => one?.decided ?? 0));
  if (options.flag('json')) {
    const replicas = answers.map((one) => ({ ...one, lag: one.status && decided - one.status.applied }));
    terminal.out.line(JSON.stringify({ decided, replicas }));
  } else {
    const rows = answers.map((one) => rowOf(one, decided));
    terminal.out.line(table(COLUMNS, rows));
  }
  return answers.every(({ status: one }) => one !== undefined) ? EXIT.ok : EXIT.missing;
}

const COLUMNS = [
  'server',
  'id',
  'role',
  'leader',
  'promised',
  'accepted',
  'decided',
  'applied',
  'lag',
  'state hash',
] as const;

function rowOf({ server, status: one, problem }: Answer, decided: number): readonly unknown[] {
  if (one === undefined) return [server, undefined, problem];
  const { id, role, leader, promised, accepted, applied, hash } = one;
  return [server, id, role, leader, promised, accepted, one.decided, applied, decided - applied, hash];
}

function ask(server: string, { host, port }: Address): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port }, () => socket.write('mill'));
    const fail = (problem: string): void => {
      resolve({ server, status: undefined, problem });
      socket.destroy();
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => fail('no answer'));
    socket.on('data', (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
    });
    socket.on('error', (error) => fail(messageOf(error)));
    socket.on('close', () => {
      try {
        resolve({ server, status: JSON.parse(text) as StoreStatus, problem: undefined });
      } catch {
        fail('it is no store of Millrace');
      }
    });
  });
}
