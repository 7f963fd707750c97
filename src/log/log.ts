// Owns: the topics of a data folder: creating, listing, deleting, opening. Invariant: a topic's folder appears and
// disappears by one rename, so that nobody ever sees half a topic.
//
//   <dataDir>/topics/<topic>/topic.json, watermarks, writer.lock
//   <dataDir>/topics/<topic>/<partition>/<20 digits>.log, .index, producers

import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { MillraceError, systemCodeOf } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { type FileSystem, nodeFileSystem, writeAtomically } from '../files/file-system.ts';
import { FolderLock } from '../files/folder-lock.ts';
import { ioError } from '../files/io-error.ts';
import { logClosed, topicExists, topicNotFound } from './log-errors.ts';
import { segmentPath } from './segment-files.ts';
import {
  checkTopicName,
  encodeTopicConfig,
  isTopicName,
  makeTopicConfig,
  readTopicConfig,
  TOPIC_FILE,
  type TopicConfig,
  type TopicOptions,
} from './topic-config.ts';
import { TopicReader } from './topic-reader.ts';
import { TopicView, WRITER_LOCK } from './topic-view.ts';
import { TopicWriter } from './topic-writer.ts';
import { WatermarkFile } from './watermarks.ts';

export interface LogOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** For tests: another way to the disk. */
  readonly files?: FileSystem;
}

export interface PartitionDescription {
  readonly partition: number;
  readonly earliest: number;
  readonly latest: number;
}

export interface TopicDescription {
  readonly name: string;
  readonly config: TopicConfig;
  readonly partitions: readonly PartitionDescription[];
}

/** Not a topic name, so that nobody takes it for one. */
const TRASH = '~';

export class Log {
  private readonly dataDir: string;
  private readonly folder: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly files: FileSystem;
  private readonly views = new Map<string, Promise<TopicView>>();
  private readonly users = new Set<TopicReader | TopicWriter>();
  private closed = false;

  private constructor(options: LogOptions) {
    this.dataDir = options.dataDir;
    this.folder = `${options.dataDir}/topics`;
    this.clock = options.clock;
    this.logger = options.logger ?? silentLogger();
    this.files = options.files ?? nodeFileSystem();
  }

  /** Makes the data folder if it is missing. Throws MR_IO, MR_DISK_FULL. */
  static async open(options: LogOptions): Promise<Log> {
    const log = new Log(options);
    await log.io('make', () => log.files.makeFolder(log.folder));
    return log;
  }

  /** All topics, by name. Throws MR_DATA_FORMAT, MR_DATA_DAMAGED, MR_IO. */
  async topics(): Promise<TopicDescription[]> {
    this.assertOpen();
    const names = (await this.io('list', () => this.files.list(this.folder))).filter(isTopicName).sort();
    const topics: TopicDescription[] = [];
    for (const name of names) {
      if ((await readTopicConfig(this.files, this.topicFolder(name))) === null) continue;
      topics.push(await this.describeTopic(name));
    }
    return topics;
  }

  /** Throws MR_TOPIC_INVALID, MR_TOPIC_EXISTS, MR_IO, MR_DISK_FULL. */
  async createTopic(name: string, options: TopicOptions = {}): Promise<TopicDescription> {
    this.assertOpen();
    checkTopicName(name);
    const config = makeTopicConfig(options);
    if ((await readTopicConfig(this.files, this.topicFolder(name))) !== null) throw topicExists(name);
    const draft = `${this.folder}/${TRASH}${randomUUID()}`;
    try {
      await this.makeTopic(draft, config);
      await this.files.rename(draft, this.topicFolder(name));
      await this.files.flushFolder(this.folder);
    } catch (error) {
      await this.files.removeFolder(draft).catch(() => undefined);
      const system = systemCodeOf(error);
      if (system === 'ENOTEMPTY' || system === 'EEXIST') throw topicExists(name);
      throw ioError(error, 'create', this.topicFolder(name));
    }
    return this.describeTopic(name);
  }

  /** Removes a topic and its records. Throws MR_TOPIC_NOT_FOUND, MR_DATA_LOCKED while it has a writer, MR_IO. */
  async deleteTopic(name: string): Promise<void> {
    await this.configOf(name);
    const folder = this.topicFolder(name);
    const lock = await FolderLock.acquire(`${folder}/${WRITER_LOCK}`, `Topic ${name}`);
    const trash = `${this.folder}/${TRASH}${randomUUID()}`;
    try {
      await this.io('delete', () => this.files.rename(folder, trash));
    } catch (error) {
      await lock.release();
      throw error;
    }
    const view = this.views.get(name);
    this.views.delete(name);
    await (await view)?.close();
    await this.io('delete', async () => {
      await this.files.flushFolder(this.folder);
      await this.files.removeFolder(trash);
    });
  }

  /**
   * Looks at this topic alone: another one that cannot be read is no reason to stop. Throws MR_TOPIC_INVALID for a name
   * that is none, MR_DATA_FORMAT, MR_DATA_DAMAGED, MR_IO.
   */
  async hasTopic(name: string): Promise<boolean> {
    this.assertOpen();
    checkTopicName(name);
    return (await readTopicConfig(this.files, this.topicFolder(name))) !== null;
  }

  /** Makes a topic unless it is there, also if another process makes it at the same time. Throws as `createTopic`. */
  async ensureTopic(name: string, options: TopicOptions = {}): Promise<void> {
    if (await this.hasTopic(name)) return;
    try {
      await this.createTopic(name, options);
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'MR_TOPIC_EXISTS')) throw error;
    }
  }

  /** Throws MR_TOPIC_NOT_FOUND, MR_TOPIC_INVALID, MR_DATA_FORMAT, MR_DATA_DAMAGED, MR_IO. */
  async describeTopic(name: string): Promise<TopicDescription> {
    const config = await this.configOf(name);
    const reader = await this.reader(name);
    try {
      const partitions: PartitionDescription[] = [];
      for (let partition = 0; partition < config.partitions; partition++) {
        const [earliest, latest] = [await reader.earliest(partition), await reader.latest(partition)];
        partitions.push({ partition, earliest, latest });
      }
      return { name, config, partitions };
    } finally {
      await reader.close();
    }
  }

  /**
   * Opens the one writer of a topic. Throws MR_TOPIC_NOT_FOUND, MR_DATA_LOCKED (also for a second one in this process),
   * MR_DATA_DAMAGED, MR_DATA_FORMAT, MR_IO, MR_DISK_FULL.
   */
  async writer(topic: string): Promise<TopicWriter> {
    const config = await this.configOf(topic);
    const writer: TopicWriter = await TopicWriter.open({
      files: this.files,
      topic,
      folder: this.topicFolder(topic),
      config,
      view: await this.view(topic, config),
      clock: this.clock,
      logger: this.logger,
      onClose: () => this.users.delete(writer),
    });
    this.users.add(writer);
    return writer;
  }

  /** Opens a reader. Throws MR_TOPIC_NOT_FOUND, MR_DATA_FORMAT, MR_DATA_DAMAGED, MR_IO. */
  async reader(topic: string): Promise<TopicReader> {
    const config = await this.configOf(topic);
    const view = await this.view(topic, config);
    const reader: TopicReader = new TopicReader(this.files, topic, this.topicFolder(topic), view, () => {
      this.users.delete(reader);
    });
    this.users.add(reader);
    return reader;
  }

  /** Closes all readers and writers. Throws what the last flushes throw, after everything is closed. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const results = await Promise.allSettled([...this.users].map((user) => user.close()));
    for (const view of this.views.values()) await (await view).close();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  private async makeTopic(folder: string, config: TopicConfig): Promise<void> {
    await this.files.makeFolder(folder);
    for (let partition = 0; partition < config.partitions; partition++) {
      const partitionFolder = `${folder}/${partition}`;
      await this.files.makeFolder(partitionFolder);
      await (await this.files.open(segmentPath(partitionFolder, 0), 'write')).close();
      await this.files.flushFolder(partitionFolder);
    }
    const start = { offset: 0, segment: 0, position: 0 };
    const watermarks = await WatermarkFile.open(this.files, folder, config.partitions, 'write');
    try {
      for (let partition = 0; partition < config.partitions; partition++) {
        await watermarks.publish(partition, { earliest: 0, end: start, flushed: start });
      }
      await watermarks.flush();
    } finally {
      await watermarks.close();
    }
    await writeAtomically(this.files, folder, TOPIC_FILE, encodeTopicConfig(config));
  }

  /** One view per topic: it is what this process's readers and its writer share. */
  private view(topic: string, config: TopicConfig): Promise<TopicView> {
    const known = this.views.get(topic);
    if (known !== undefined) return known;
    const view = TopicView.open(this.files, this.topicFolder(topic), config.partitions, this.logger).catch(
      (error: unknown) => {
        this.views.delete(topic);
        throw ioError(error, 'open', this.topicFolder(topic));
      },
    );
    this.views.set(topic, view);
    return view;
  }

  private async configOf(topic: string): Promise<TopicConfig> {
    this.assertOpen();
    checkTopicName(topic);
    const config = await readTopicConfig(this.files, this.topicFolder(topic));
    if (config === null) throw topicNotFound(topic, this.dataDir);
    return config;
  }

  private topicFolder(name: string): string {
    return `${this.folder}/${name}`;
  }

  private assertOpen(): void {
    if (this.closed) throw logClosed(`The log in ${this.dataDir}`);
  }

  private async io<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw ioError(error, doing, this.folder);
    }
  }
}
