// Owns: the dead-letter topic of an application on the embedded log. A letter is a JSON object; the record's value is in it as JSON where
// it can be, and as base64 where it is bytes. Not here: when a record is given up (delivery/).

import type { Clock } from '../base/clock.ts';
import { MillraceError, messageOf } from '../base/errors.ts';
import type { DeadLetter } from '../delivery/delivery.ts';
import type { Log, TopicWriter } from '../log/index.ts';
import type { DeadLetterWriter } from './lane-ports.ts';

export function deadLetterTopic(app: string): string {
  return `${app}.dead-letters`;
}

/** Opens the topic at the first letter, so that a run without dead letters leaves no empty topic behind. */
export class DeadLetterTopic implements DeadLetterWriter {
  private readonly app: string;
  private readonly log: () => Promise<Log>;
  private readonly clock: Clock;
  private writer: Promise<TopicWriter> | null = null;

  constructor(app: string, log: () => Promise<Log>, clock: Clock) {
    this.app = app;
    this.log = log;
    this.clock = clock;
  }

  async write(letter: DeadLetter): Promise<void> {
    try {
      this.writer ??= this.open();
      const writer = await this.writer;
      const key = `${letter.component}/${letter.partition}/${letter.offset}`;
      const record = {
        key,
        value: JSON.stringify(toJson(letter)),
        headers: [],
        timestamp: this.clock.wallMs(),
      };
      await writer.append(0, [record], { durability: 'flushed' });
    } catch (error) {
      this.writer = null;
      throw new MillraceError(
        'MR_DEAD_LETTER_FAILED',
        `A dead letter of '${letter.component}' could not be written.`,
        {
          expected: `a durable append to topic ${deadLetterTopic(this.app)}`,
          got: messageOf(error),
          next: 'Mend the cause and run again: the record was not passed over, it is read again.',
          cause: error,
        },
      );
    }
  }

  async close(): Promise<void> {
    const writer = await this.writer?.catch(() => null);
    await writer?.close();
  }

  private async open(): Promise<TopicWriter> {
    const log = await this.log();
    const name = deadLetterTopic(this.app);
    await log.ensureTopic(name, { partitions: 1 });
    return await log.writer(name);
  }
}

function toJson(letter: DeadLetter): Record<string, unknown> {
  const { error } = letter.cause;
  const detail =
    error instanceof MillraceError
      ? { code: error.code, message: error.message, got: error.got }
      : { message: messageOf(error) };
  return {
    spout: letter.component,
    partition: letter.partition,
    offset: letter.offset,
    reason: letter.reason,
    component: letter.cause.component,
    error: detail,
    attempts: letter.attempts,
    ...valueFields(letter),
  };
}

function valueFields({ raw, value }: DeadLetter): Record<string, unknown> {
  const bytes = raw ?? (value instanceof Uint8Array ? value : undefined);
  if (bytes !== undefined) return { valueBase64: Buffer.from(bytes).toString('base64') };
  try {
    // What JSON leaves out (undefined, functions) would look like a record without a value.
    return JSON.stringify(value) === undefined ? { valueText: String(value) } : { value };
  } catch {
    return { valueText: String(value) };
  }
}
