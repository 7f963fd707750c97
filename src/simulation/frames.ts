// Owns: messages as the frames of src/paxos/codec, for the simulated network.

import { decodeFrame, encodeFrame } from '../paxos/codec/frame.ts';
import type { FrameCodec } from './network.ts';

const CLUSTER = { high: 0x4d696c6c, low: 0x72616365 };

export function frameCodec(): FrameCodec {
  return {
    encode: (message) => encodeFrame(message, CLUSTER),
    decode(frame) {
      const result = decodeFrame(frame, CLUSTER);
      return 'message' in result ? result.message : undefined;
    },
  };
}
