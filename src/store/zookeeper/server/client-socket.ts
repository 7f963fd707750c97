// Owns: the bytes of one client's connection: frames in, frames out. Not here: what they mean.
// Invariants: what is written in one turn leaves in one write; nothing is read while `paused`; after the end nothing is
// told any more but `onClosed`, once.

import type { Socket } from 'node:net';
import { JuteWriter } from '../protocol/jute-writer.ts';
import { FrameSplitter } from './frame-splitter.ts';

export interface ClientSocketEvents {
  /** Bytes are in `input`. */
  onInput(): void;
  /** What waited was taken by the client. */
  onDrained(): void;
  onClosed(): void;
}

export class ClientSocket {
  readonly input: FrameSplitter;
  readonly writer = new JuteWriter();
  readonly address: string;
  readonly port: number;
  private readonly socket: Socket;
  private flushing = false;
  private over = false;

  /** `firstLimit`: bytes of the first frame at most. */
  constructor(socket: Socket, firstLimit: number, events: ClientSocketEvents) {
    this.socket = socket;
    this.input = new FrameSplitter(firstLimit);
    this.address = socket.remoteAddress ?? '';
    this.port = socket.remotePort ?? 0;
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('data', (bytes: Uint8Array) => {
      if (this.over) return;
      this.input.push(bytes);
      events.onInput();
    });
    socket.on('drain', () => {
      if (!this.over) events.onDrained();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.over = true;
      events.onClosed();
    });
  }

  /** Bytes that the client has not taken. */
  get unsent(): number {
    return this.socket.writableLength + this.writer.length;
  }

  get isOver(): boolean {
    return this.over;
  }

  pause(paused: boolean): void {
    if (paused === this.socket.isPaused()) return;
    if (paused) this.socket.pause();
    else this.socket.resume();
  }

  /** What `writer` holds leaves at the end of this turn. */
  flushSoon(): void {
    if (this.flushing || this.over) return;
    this.flushing = true;
    process.nextTick(() => {
      this.flushing = false;
      this.flush();
    });
  }

  /** Sends what waits, then ends. Nothing more is read. */
  end(text?: string): void {
    if (this.over) return;
    this.flush();
    this.over = true;
    if (text !== undefined) this.socket.write(text);
    this.socket.destroySoon();
  }

  destroy(): void {
    this.over = true;
    this.socket.destroy();
  }

  private flush(): void {
    if (!this.over && this.writer.length > 0) this.socket.write(this.writer.take());
  }
}
