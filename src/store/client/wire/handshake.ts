// Owns: opening a connection and the session on it, or attaching a session to it. Not here: which server, and when.

import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectResponse,
  writeConnectRequest,
} from '../../zookeeper/protocol/connect.ts';
import { codeName } from '../../zookeeper/protocol/error-codes.ts';
import { REPLY_HEADER_BYTES, readReplyHeader } from '../../zookeeper/protocol/records.ts';
import { Connection, NotZooKeeper, type TlsOptions } from './connection.ts';
import type { Server } from './servers.ts';

export interface Attached {
  readonly connection: Connection;
  /** `timeoutMs` 0 or less: the session is over. */
  readonly response: ConnectResponse;
}

/** Rejects if there is no answer within `limitMs`, or none of a ZooKeeper (NotZooKeeper). */
export async function attach(
  server: Server,
  tls: TlsOptions | undefined,
  request: ConnectRequest,
  limitMs: number,
): Promise<Attached> {
  const connection = await Connection.open(server, tls, limitMs);
  const patience = setTimeout(
    () => connection.destroy(new Error(`it did not answer within ${Math.round(limitMs)} ms`)),
    limitMs,
  );
  try {
    return { connection, response: await exchange(connection, request) };
  } finally {
    clearTimeout(patience);
  }
}

function exchange(connection: Connection, request: ConnectRequest): Promise<ConnectResponse> {
  return new Promise((resolve, reject) => {
    connection.onFrame = (reader) => {
      // A read-only server without local sessions answers so to new ones (ZooKeeper 3.9).
      if (reader.remaining === REPLY_HEADER_BYTES) {
        const { err } = readReplyHeader(reader);
        connection.destroy(new Error(`it refused the session: ${codeName(err)}`));
        return;
      }
      const response = readConnectResponse(reader);
      if (reader.failed || reader.remaining > 0) {
        connection.destroy(new NotZooKeeper('its first frame is no answer to a connect request'));
        return;
      }
      connection.onFrame = () => {
        connection.destroy(new NotZooKeeper('it sent a second frame before anything was asked'));
      };
      connection.allowReplies();
      resolve(response);
    };
    connection.closed.then(reject);
    const mark = connection.writer.openFrame();
    writeConnectRequest(connection.writer, request);
    connection.writer.closeFrame(mark);
    connection.flushSoon();
  });
}
