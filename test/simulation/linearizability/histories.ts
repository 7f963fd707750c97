// Short forms for writing histories by hand.

import type { Operation } from '../../../src/simulation/linearizability/history.ts';
import { UNKNOWN, type Unknown } from '../../../src/simulation/linearizability/model.ts';
import type { RegisterOp, RegisterResult } from '../../../src/simulation/linearizability/register-model.ts';

export type RegisterOperation = Operation<RegisterOp, RegisterResult>;

/** `client` invokes at `invoked` and hears `result` at `returned`; with UNKNOWN it never hears. */
export function operation(
  client: number,
  op: RegisterOp,
  invoked: number,
  returned: number,
  result: RegisterResult | Unknown,
): RegisterOperation {
  const end = result === UNKNOWN ? Number.POSITIVE_INFINITY : returned;
  return { client, op, invoked, returned: end, result, invokedAt: invoked, returnedAt: end };
}

export function read(
  client: number,
  [from, to]: readonly [number, number],
  value: number,
  key = 'x',
): RegisterOperation {
  return operation(client, { kind: 'read', key }, from, to, value);
}

export function write(
  client: number,
  [from, to]: readonly [number, number],
  value: number,
  key = 'x',
): RegisterOperation {
  return operation(client, { kind: 'write', key, value }, from, to, true);
}

export function unknownWrite(client: number, from: number, value: number, key = 'x'): RegisterOperation {
  return operation(client, { kind: 'write', key, value }, from, from, UNKNOWN);
}

export function compareAndSet(
  client: number,
  [from, to]: readonly [number, number],
  [expected, value]: readonly [number, number],
  result: boolean | Unknown,
): RegisterOperation {
  return operation(client, { kind: 'compare-and-set', key: 'x', expected, value }, from, to, result);
}
