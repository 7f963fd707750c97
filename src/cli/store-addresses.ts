// Owns: how addresses are written on the command line of `millrace store`. Not here: who listens there.

import { type Command, usage } from './command.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2181`, `[::1]:2181`. Throws MR_USAGE. */
export function parseAddress(command: Pick<Command, 'name'>, option: string, text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw usage(command, `--${option} is no address.`, { expected: 'HOST:PORT', got: text });
}

/** `1=127.0.0.1:7101,2=127.0.0.1:7102`. Throws MR_USAGE. */
export function parseMembers(
  command: Pick<Command, 'name'>,
  option: string,
  text: string,
): Map<number, Address> {
  const members = new Map<number, Address>();
  for (const entry of text.split(',')) {
    const [, digits, address] = /^([1-9]\d{0,8})=(.+)$/.exec(entry.trim()) ?? [];
    const id = Number(digits);
    if (address === undefined || members.has(id)) {
      throw usage(command, `--${option} is no list of replicas.`, {
        expected: 'each once, as ID=HOST:PORT with commas between',
        got: text,
      });
    }
    members.set(id, parseAddress(command, option, address));
  }
  return members;
}
