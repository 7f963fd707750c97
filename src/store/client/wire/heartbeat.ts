// Owns: pings while a connection is quiet, and noticing that the server is silent. Times are ZooKeeper's: two thirds of
// the session's time-out without a word, and the client looks for another server while its session still lives.

import { XIDS } from '../../zookeeper/protocol/op-codes.ts';
import { writeRequest } from '../../zookeeper/protocol/request-codec.ts';
import type { Connection } from './connection.ts';

/** In parts of the session's time-out. */
const SILENCE = 2 / 3;
const PING_AFTER = 1 / 3;
const LOOK_EVERY = 1 / 12;

/** Returns how to stop it. */
export function startHeartbeat(connection: Connection, sessionTimeoutMs: number): () => void {
  const everyMs = sessionTimeoutMs * LOOK_EVERY;
  let pingedMs = performance.now();
  let lookedMs = pingedMs;
  const timer = setInterval(() => {
    const now = performance.now();
    // This process itself stood still: what the server sent meanwhile is not read yet.
    const isLate = now - lookedMs > 2 * everyMs;
    lookedMs = now;
    if (isLate) return;
    const silentMs = now - connection.lastHeardMs;
    if (silentMs >= sessionTimeoutMs * SILENCE) {
      connection.destroy(new Error(`the server was silent for ${Math.round(silentMs)} ms`));
      return;
    }
    const pingMs = sessionTimeoutMs * PING_AFTER;
    const isQuiet = now - connection.lastSentMs >= pingMs || silentMs >= pingMs;
    if (!isQuiet || now - pingedMs < pingMs / 2) return;
    pingedMs = now;
    const mark = connection.writer.openFrame();
    writeRequest(connection.writer, XIDS.ping, { op: 'ping' });
    connection.writer.closeFrame(mark);
    connection.flushSoon();
  }, everyMs);
  return () => clearInterval(timer);
}
