// Owns: what the client has proved or wants to: sent on every connection, before anything else. Not here: who asks.
// Invariant: replies to auth requests come in the order of their sending.

import { XIDS } from '../../zookeeper/protocol/op-codes.ts';
import { writeRequest } from '../../zookeeper/protocol/request-codec.ts';
import { StoreError } from '../store-error.ts';
import type { Connection } from './connection.ts';
import { Fifo } from './fifo.ts';

interface Credential {
  readonly scheme: string;
  readonly auth: Uint8Array;
  resolve(): void;
  reject(error: StoreError): void;
}

export class Credentials {
  private readonly all: Credential[] = [];
  private readonly unanswered = new Fifo<Credential>();

  /** Resolves when a server has accepted them. */
  add(scheme: string, auth: Uint8Array, connection: Connection | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const credential = { scheme, auth, resolve, reject };
      this.all.push(credential);
      if (connection !== undefined) this.send(credential, connection);
    });
  }

  attach(connection: Connection): void {
    this.unanswered.drain();
    for (const credential of this.all) this.send(credential, connection);
  }

  /** The error if the server refused them: it closes the connection, so that the client must give up. */
  answer(err: number): StoreError | undefined {
    const credential = this.unanswered.shift();
    if (err === 0) {
      credential?.resolve();
      return undefined;
    }
    const detail = `the server refused the credentials of the scheme ${credential?.scheme}`;
    const error = new StoreError('AUTHFAILED', 'auth', undefined, { detail });
    credential?.reject(error);
    return error;
  }

  /** To those that no server has answered. */
  fail(error: StoreError): void {
    for (const credential of this.all) credential.reject(error);
  }

  private send(credential: Credential, connection: Connection): void {
    const { scheme, auth } = credential;
    const mark = connection.writer.openFrame();
    writeRequest(connection.writer, XIDS.auth, { op: 'auth', scheme, auth });
    connection.writer.closeFrame(mark);
    connection.flushSoon();
    this.unanswered.push(credential);
  }
}
