// Owns: `millrace topics list`, `create`, `describe` and `delete`. Not here: records (topics-produce.ts, topics-consume.ts).

import { EXIT } from '../base/error-codes.ts';
import { MillraceError } from '../base/errors.ts';
import type { TopicDescription, TopicOptions } from '../log/index.ts';
import type { Command, CommandInput, OptionValues } from './command.ts';
import { DATA_OPTION } from './common-options.ts';
import { bytes, duration } from './format.ts';
import { table } from './table.ts';
import { dataFolder, hasData, JSON_OPTION, withLog } from './topics-common.ts';

/** Largest value that an option of a topic can have; the log has the real limits. */
const MAX = Number.MAX_SAFE_INTEGER;

export const listCommand: Command = {
  name: 'topics list',
  argumentsHelp: '',
  summary: 'Lists the topics in the data folder.',
  positionals: [0, 0],
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['millrace topics list'],
  async run({ options, terminal: { out, err } }) {
    const topics = hasData(options) ? await withLog(options, (log) => log.topics()) : [];
    if (options.flag('json')) out.line(JSON.stringify(topics));
    else if (topics.length === 0) err.line(`no topics in ${dataFolder(options)}`);
    else {
      out.line(
        table(
          ['topic', 'partitions', 'records'],
          topics.map((topic) => [topic.name, topic.partitions.length, records(topic)]),
        ),
      );
    }
    return EXIT.ok;
  },
};

export const createCommand: Command = {
  name: 'topics create',
  argumentsHelp: 'TOPIC',
  summary: 'Makes a topic.',
  positionals: [1, 1],
  options: {
    data: DATA_OPTION,
    partitions: {
      type: 'string',
      value: 'N',
      help: 'number of partitions (default 1); cannot be changed later',
    },
    durability: {
      type: 'string',
      value: 'D',
      help: 'flushed (on the disk before it is acknowledged, default), written, or interval',
    },
    'retention-ms': {
      type: 'string',
      value: 'MS',
      help: 'delete records that are older (default: keep all)',
    },
    'retention-bytes': {
      type: 'string',
      value: 'N',
      help: 'delete the oldest records above this size per partition',
    },
    'segment-bytes': { type: 'string', value: 'N', help: 'size of one file' },
    'max-record-bytes': { type: 'string', value: 'N', help: 'largest record' },
  },
  examples: [
    'millrace topics create lines --partitions 4',
    'millrace topics create clicks --retention-ms 86400000',
  ],
  async run({ positionals, options, terminal: { out } }) {
    const topic = await withLog(options, (log) => log.createTopic(positionals[0]!, topicOptions(options)));
    out.line(
      `${topic.name}: made with ${topic.partitions.length === 1 ? '1 partition' : `${topic.partitions.length} partitions`}`,
    );
    return EXIT.ok;
  },
};

export const describeCommand: Command = {
  name: 'topics describe',
  argumentsHelp: 'TOPIC',
  summary: 'Shows settings, partitions and offsets of a topic.',
  positionals: [1, 1],
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['millrace topics describe lines'],
  run: describe,
};

export const deleteCommand: Command = {
  name: 'topics delete',
  argumentsHelp: 'TOPIC',
  summary: 'Deletes a topic with all its records. There is no way back.',
  positionals: [1, 1],
  options: { data: DATA_OPTION },
  examples: ['millrace topics delete lines'],
  async run({ positionals, options, terminal: { out } }) {
    const [name] = positionals;
    assertData(options, name!);
    await withLog(options, (log) => log.deleteTopic(name!));
    out.line(`${name}: deleted`);
    return EXIT.ok;
  },
};

async function describe({ positionals, options, terminal: { out } }: CommandInput): Promise<number> {
  const [name] = positionals;
  assertData(options, name!);
  const topic = await withLog(options, (log) => log.describeTopic(name!));
  if (options.flag('json')) {
    out.line(JSON.stringify(topic));
    return EXIT.ok;
  }
  const { config } = topic;
  const kept = [
    config.retentionMs === null ? [] : [`for ${duration(config.retentionMs / 1_000)}`],
    config.retentionBytes === null ? [] : [`up to ${bytes(config.retentionBytes)} per partition`],
  ].flat();
  out.line(out.style('bold', topic.name));
  out.line(`  durability  ${config.durability}`);
  out.line(`  retention   ${kept.length === 0 ? 'everything is kept' : kept.join(', ')}`);
  out.line(`  segments    ${bytes(config.segmentBytes)}`);
  out.line(`  records     up to ${bytes(config.maxRecordBytes)} each`);
  out.line();
  out.line(
    table(
      ['partition', 'earliest', 'latest', 'records'],
      topic.partitions.map(({ partition, earliest, latest }) => [
        partition,
        earliest,
        latest,
        latest - earliest,
      ]),
    ),
  );
  return EXIT.ok;
}

/** Throws MR_TOPIC_NOT_FOUND where there is not even a data folder. */
export function assertData(options: OptionValues, topic: string): void {
  if (hasData(options)) return;
  throw new MillraceError('MR_TOPIC_NOT_FOUND', `There is no topic ${topic}.`, {
    expected: 'a data folder with topics',
    got: `no folder at ${dataFolder(options)}`,
    next: 'give the data folder with --data DIR',
  });
}

function records({ partitions }: TopicDescription): number {
  return partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0);
}

/** What was given on the command line; the log fills in and checks the rest. */
function topicOptions(options: OptionValues): TopicOptions {
  const given = {
    partitions: options.integer('partitions', 1, MAX),
    retentionMs: options.integer('retention-ms', 0, MAX),
    retentionBytes: options.integer('retention-bytes', 0, MAX),
    segmentBytes: options.integer('segment-bytes', 1, MAX),
    maxRecordBytes: options.integer('max-record-bytes', 1, MAX),
    durability: options.text('durability'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as TopicOptions;
}
