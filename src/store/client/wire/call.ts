// Owns: a request on its way, from its call to its answer.

import type { Request } from '../../zookeeper/protocol/requests.ts';
import type { Response } from '../../zookeeper/protocol/responses.ts';
import type { SubmitOptions } from '../request-channel.ts';
import { StoreError } from '../store-error.ts';

export interface Call {
  readonly request: Request;
  readonly options: SubmitOptions;
  /** Just before the promise is settled, with the code: watches are armed here. */
  readonly onAnswer: ((err: number) => void) | undefined;
  resolve(response: Response): void;
  reject(error: StoreError): void;
  /** Of the last sending; 0: never sent. */
  xid: number;
  /**
   * Sent on a connection that was lost, and perhaps done: if so, with a zxid above this one. undefined: not so.
   */
  lostAfterZxid: number | undefined;
  /** Asked by the client itself in order to settle another call: of no use on the next connection. */
  readonly internal: boolean;
}

export function pathOf(request: Request): string | undefined {
  return 'path' in request ? request.path : undefined;
}

/** `unknown` if the call may have been done. */
export function connectionLoss(call: Call, detail?: string): StoreError {
  const wasSent = call.xid !== 0;
  const { op } = call.request;
  return new StoreError('CONNECTIONLOSS', op, pathOf(call.request), {
    outcome: wasSent ? 'unknown' : 'not-done',
    detail:
      detail ??
      (wasSent
        ? 'the connection was lost before the reply came, and whether it was done could not be found out'
        : 'there is no connection'),
  });
}
