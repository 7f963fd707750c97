// Owns: a stand-in for the topic connector with its type-level shape, so that these tests need no log.

import type { SinkProvider } from '../../src/topology/sink.ts';
import type { DirectSource, SourceProvider } from '../../src/topology/source.ts';
import type { Key } from '../../src/topology/types.ts';

export interface FakeTopic<T> extends SourceProvider<T>, SinkProvider<T> {
  readonly source: DirectSource<T>;
}

export function fakeTopic<T = string>(
  name: string,
  _options: { key?: (value: T) => Key; decode?: 'text' } = {},
): FakeTopic<T> {
  const open = () => Promise.reject(new Error('a fake topic is never opened'));
  return {
    source: { kind: 'direct', description: `topic ${name}`, open },
    sink: { kind: 'sink', description: `topic ${name}`, open },
  };
}
