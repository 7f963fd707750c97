// Owns: the log's MillraceErrors, so that each is worded once. Not here: who throws them.

import { MillraceError } from '../base/errors.ts';

/** A file that is not what was written: names the file and the byte. */
export function damaged(path: string, position: number, why: string): MillraceError {
  return new MillraceError('MR_DATA_DAMAGED', `${path} is damaged at byte ${position}: ${why}.`, {
    expected: 'the bytes that were written and flushed',
    got: why,
    next:
      'restore the file from a copy. Nothing was cut: to give up what follows in this file, stop all writers, keep a ' +
      `copy, and run: truncate -s ${position} '${path}'`,
  });
}

export function wrongFormat(path: string, expected: string, got: string): MillraceError {
  return new MillraceError('MR_DATA_FORMAT', `${path} was written by another version of Millrace.`, {
    expected,
    got,
    next: 'use the version that wrote it, or another data folder',
  });
}

export function topicNotFound(topic: string, dataDir: string): MillraceError {
  return new MillraceError('MR_TOPIC_NOT_FOUND', `There is no topic ${topic}.`, {
    expected: `a topic in ${dataDir}`,
    next: `create it: millrace topics create ${topic} --data ${dataDir}`,
  });
}

export function topicExists(topic: string): MillraceError {
  return new MillraceError('MR_TOPIC_EXISTS', `There is a topic ${topic} already.`, {
    next: 'choose another name, or delete the topic first',
  });
}

export function topicInvalid(what: string, expected: string, got: string): MillraceError {
  return new MillraceError('MR_TOPIC_INVALID', `${what} cannot be used.`, {
    expected,
    got,
    next: 'change it and try again',
  });
}

export function partitionUnknown(topic: string, partition: number, partitions: number): MillraceError {
  return new MillraceError('MR_PARTITION_UNKNOWN', `Topic ${topic} has no partition ${partition}.`, {
    expected: `a number from 0 to ${partitions - 1}`,
    got: String(partition),
    next: 'choose one that there is',
  });
}

export function offsetOutOfRange(
  topic: string,
  partition: number,
  wanted: number,
  earliest: number,
  latest: number,
): MillraceError {
  const where = `partition ${partition} of topic ${topic}`;
  return new MillraceError('MR_OFFSET_OUT_OF_RANGE', `Offset ${wanted} is not in ${where}.`, {
    expected: `an offset from ${earliest} (earliest) to ${latest} (latest)`,
    got: String(wanted),
    next:
      wanted < earliest
        ? 'start at the earliest offset; records before it were removed by retention'
        : 'start at the latest offset, or check that this is the data folder that the offset came from',
  });
}

export function sequenceGap(producerId: number, expected: string, got: string): MillraceError {
  return new MillraceError('MR_SEQUENCE_GAP', `Producer ${producerId} sent a batch out of order.`, {
    expected,
    got,
    next: 'send the missing batches first, or begin again at sequence 0 with a higher epoch',
  });
}

export function producerFenced(producerId: number, current: number, got: number): MillraceError {
  return new MillraceError('MR_PRODUCER_FENCED', `Producer ${producerId} was replaced by a newer one.`, {
    expected: `epoch ${current} or higher`,
    got: `epoch ${got}`,
    next: 'stop this producer: another one with the same id has taken over',
  });
}

export function logClosed(what: string): MillraceError {
  return new MillraceError('MR_LOG_CLOSED', `${what} is closed.`, {
    next: 'open it again, and close it only when nothing uses it any more',
  });
}
