// Owns: the shape of the codec of one kind of message body. Not here: the codecs (log-bodies.ts, liveness-bodies.ts).

import type { Body, MessageKind } from '../message.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

export type BodyOf<K extends MessageKind> = Extract<Body, { readonly kind: K }>;

export interface BodyCodec<B> {
  /** The kind in the bytes: 1 to 255. Never used again for another kind. */
  readonly tag: number;
  write(writer: ByteWriter, body: B): void;
  /** Of worth only if the reader has not failed afterwards. */
  read(reader: ByteReader): B;
}

/** One codec for each of the kinds `K`: does not compile while one is missing. */
export type BodyCodecs<K extends MessageKind> = { readonly [P in K]: BodyCodec<BodyOf<P>> };
