// Owns: the bytes of a message between replicas. Not here: how they are kept whole on the way (frame.ts).
// Invariants: decoding throws nothing, whatever the bytes; a message that decodes encodes to the same bytes again.
//
//   kind u8, from, to, configuration, incarnation: varints, then the body

import { assert } from '../../base/assert.ts';
import type { Body, Message, MessageKind } from '../message.ts';
import type { BodyCodec, BodyCodecs } from './body-codec.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { LIVENESS_BODIES } from './liveness-bodies.ts';
import { LOG_BODIES } from './log-bodies.ts';
import { sizeOfEntries } from './parts.ts';

const CODECS: BodyCodecs<MessageKind> = { ...LOG_BODIES, ...LIVENESS_BODIES };

const BY_TAG: readonly (BodyCodec<Body> | undefined)[] = makeTable();

/** Enough for every message without entries, and for all but the entries of the others. */
const PLAIN_BYTES = 112;

/** The codec of a body of unknown kind: sound, because it is only ever given bodies of its own kind. */
function codecOf(kind: MessageKind): BodyCodec<Body> {
  return CODECS[kind] as unknown as BodyCodec<Body>;
}

function makeTable(): readonly (BodyCodec<Body> | undefined)[] {
  const table: (BodyCodec<Body> | undefined)[] = new Array<undefined>(256).fill(undefined);
  for (const kind of Object.keys(CODECS) as MessageKind[]) {
    const codec = codecOf(kind);
    assert(table[codec.tag] === undefined, `the tag ${codec.tag} stands for one kind of message`);
    table[codec.tag] = codec;
  }
  return table;
}

/** `incarnation`, `from` and `to` are never 0. */
export function encodeMessage(writer: ByteWriter, message: Message): void {
  const { from, to, incarnation, body } = message;
  assert(from > 0 && to > 0 && incarnation > 0, 'a message names both ends and an incarnation');
  const codec = codecOf(body.kind);
  writer.u8(codec.tag);
  writer.varint(from);
  writer.varint(to);
  writer.varint(message.configuration);
  writer.varint(incarnation);
  codec.write(writer, body);
}

/** Undefined unless the reader's bytes are one message and nothing else. Entries are views of them. */
export function decodeMessage(reader: ByteReader): Message | undefined {
  const codec = BY_TAG[reader.u8()];
  if (codec === undefined) return undefined;
  const from = reader.positive();
  const to = reader.positive();
  const configuration = reader.varint();
  const incarnation = reader.positive();
  const body = codec.read(reader);
  return reader.complete ? { from, to, configuration, incarnation, body } : undefined;
}

/** About as many bytes as the message takes, for the first size of a writer. */
export function sizeOfMessage({ body }: Message): number {
  return 'entries' in body ? PLAIN_BYTES + sizeOfEntries(body.entries) : PLAIN_BYTES;
}
