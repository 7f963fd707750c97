// Owns: looking for a server that writes while the present one is read-only, by the four-letter word `isro`. Not here:
// going there.

import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CLIENT_LIMITS } from '../limits.ts';
import type { TlsOptions } from './connection.ts';
import type { Server } from './servers.ts';

const ANSWER_BYTES = 16;

/** Asks all `servers` again and again until one writes. Returns how to stop. */
export function startProbe(
  servers: readonly Server[],
  tls: TlsOptions | undefined,
  onFound: (server: Server) => void,
): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const answers = await Promise.all(servers.map((server) => writes(server, tls, CLIENT_LIMITS.attemptMs)));
    const found = servers.find((_, i) => answers[i]);
    if (stopped) return;
    if (found === undefined) timer = setTimeout(look, CLIENT_LIMITS.readWriteProbeMs);
    else onFound(found);
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** True if the server says `rw` within `limitMs`. Never rejects. */
function writes({ host, port }: Server, tls: TlsOptions | undefined, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = (): void => void socket.write('isro');
    const socket =
      tls === undefined ? connectTcp({ host, port }, ask) : connectTls({ host, port, ...tls }, ask);
    const patience = setTimeout(() => socket.destroy(), limitMs);
    let answer = '';
    socket.on('data', (bytes: Uint8Array) => {
      answer += new TextDecoder().decode(bytes);
      if (answer.length > ANSWER_BYTES) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(patience);
      resolve(answer.trim() === 'rw');
    });
  });
}
