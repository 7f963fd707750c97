// Owns: what other rooms may use of the log. Re-exports only.

export { FolderLock } from '../files/folder-lock.ts';
export { Log, type LogOptions, type PartitionDescription, type TopicDescription } from './log.ts';
export type {
  AppendOptions,
  AppendRecord,
  AppendResult,
  Durability,
  LogHeader,
  LogRecord,
  ProducerStamp,
  StoredRecord,
} from './record.ts';
export { RecordChunk } from './record-chunk.ts';
export { RecordCursor } from './record-cursor.ts';
export type { TopicConfig, TopicOptions } from './topic-config.ts';
export { TopicReader } from './topic-reader.ts';
export { TopicWriter } from './topic-writer.ts';
