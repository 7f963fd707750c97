// Owns: what the types of the builder infer and what they refuse. `tsc` is the test: what must compile is asserted by
// expectTypeOf, what must not is marked by @ts-expect-error. type-errors.test.ts proves that such marks can fail.

import { expectTypeOf } from 'vitest';
import type {
  BoltMethods,
  ClassicSpout,
  ExecuteContext,
  Input,
  KeyedState,
  NoStreams,
  Out,
  SinkDefinition,
  Spout,
  SpoutOut,
  Stream,
} from '../../src/index.ts';
import { keyed, topology } from '../../src/index.ts';
import { fakeTopic as topic } from './fake-topic.ts';
import { textSource, wordCount } from './sample.ts';

interface Count {
  readonly word: string;
  readonly count: number;
}

const { t, lines, words, counts } = wordCount();

export function spouts(): void {
  expectTypeOf(lines).toEqualTypeOf<Spout<string>>();
  expectTypeOf(t.spout('direct', textSource())).toEqualTypeOf<Spout<string>>();
  const spout: ClassicSpout<Count> = { next: () => false };
  expectTypeOf(t.spout('object', spout)).toEqualTypeOf<Spout<Count>>();
  expectTypeOf(t.spout('factory', () => spout)).toEqualTypeOf<Spout<Count>>();
  const annotated = t.spout('annotated', (task) => ({
    next(out: SpoutOut<number>) {
      out.emit(task.task);
      return true;
    },
  }));
  expectTypeOf(annotated).toEqualTypeOf<Spout<number>>();
  t.spout('forgotten', {
    next(out) {
      // @ts-expect-error without an annotation nothing can be emitted
      out.emit(1);
      return true;
    },
  });
  // @ts-expect-error a spout has no named streams
  lines.stream('late');
  // @ts-expect-error and subscribes to nothing
  lines.subscribe(words);
}

export function inference(): void {
  expectTypeOf(words).toExtend<Stream<string>>();
  expectTypeOf(counts).toExtend<Stream<{ word: string; count: number }>>();
  expectTypeOf(words.by((word) => word.length)).toEqualTypeOf<Input<string>>();
  t.bolt('union', [words, counts], (value, _out, context) => {
    expectTypeOf(value).toEqualTypeOf<string | { word: string; count: number }>();
    expectTypeOf(context.settings).toEqualTypeOf<
      Readonly<{ minCount: number; label: string; strict: boolean }>
    >();
    // @ts-expect-error there is no such setting
    context.settings.maxCount;
  });
  // @ts-expect-error a key must be hashable
  words.by((word) => ({ word }));
  // @ts-expect-error a key function gets the stream's value
  words.by((word: number) => word);
}

export function states(): void {
  const bolt = t.bolt('states', words, {
    state: {
      number: 0,
      text: '',
      flag: false,
      list: [] as string[],
      own: keyed(5n),
      maybe: keyed<string | null>(null),
    },
    open({ state }) {
      expectTypeOf(state.number).toEqualTypeOf<KeyedState<number>>();
    },
    execute(_word, _out: Out<string>, { state }) {
      expectTypeOf(state.number).toEqualTypeOf<KeyedState<number>>();
      expectTypeOf(state.text).toEqualTypeOf<KeyedState<string>>();
      expectTypeOf(state.flag).toEqualTypeOf<KeyedState<boolean>>();
      expectTypeOf(state.list).toEqualTypeOf<KeyedState<string[]>>();
      expectTypeOf(state.own).toEqualTypeOf<KeyedState<bigint>>();
      expectTypeOf(state.maybe).toEqualTypeOf<KeyedState<string | null>>();
      // @ts-expect-error a state that is not declared
      state.other;
      // @ts-expect-error a value of another type
      state.number.set('key', 'text');
    },
  });
  expectTypeOf(bolt).toExtend<Stream<string>>();
  t.map('in-options', words, (word, { state }) => state.seen.update(word, (n) => n + 1), {
    state: { seen: 0 },
  });
  t.report('rows', counts, {
    state: 'counts',
    columns: ['word', 'count'],
    rows: (entries) => [...entries].map(([word, count]) => [word, count.toFixed()]),
  });
  t.report('top', counts, { state: 'counts', columns: ['word', 'count'], top: 10, by: (count) => -count });
  // @ts-expect-error the bolt has no such state
  t.report('unknown', counts, { state: 'totals', columns: ['a'], rows: () => [] });
  // @ts-expect-error the bolt has no state
  t.report('none', words, { state: 'counts', columns: ['a'], rows: () => [] });
}

export function forms(): void {
  const named = t.bolt(
    'named',
    words,
    (word, out: Out<string, { late: Count; odd: number }>) => {
      out.emitTo('late', { word, count: 1 });
      // @ts-expect-error a stream that the annotation does not name
      out.emitTo('early', 1);
      // @ts-expect-error a value of another stream
      out.emitTo('odd', word);
    },
    { streams: ['late'] },
  );
  expectTypeOf(named.stream('late')).toEqualTypeOf<Stream<Count>>();
  // @ts-expect-error annotated but not declared
  named.stream('odd');
  // @ts-expect-error neither
  named.stream('early');
  const object = t.bolt('object', words, {
    streams: ['late'],
    tickEveryMs: 5,
    execute(word, out: Out<string, { late: number }>) {
      out.emitTo('late', word.length);
    },
    tick(out) {
      out.emit('tick');
    },
  });
  expectTypeOf(object.stream('late')).toEqualTypeOf<Stream<number>>();
  const factory = t.bolt('factory', words, {
    create: ({ task }) => ({ execute: (word, out: Out<number>) => out.emit(word.length + task) }),
  });
  expectTypeOf(factory).toExtend<Stream<number>>();
  class Lengths {
    private seen = 0;
    execute(word: string, out: Out<number>) {
      out.emit(word.length + this.seen++);
    }
  }
  expectTypeOf(t.bolt('class', words, new Lengths())).toExtend<Stream<number>>();
  const typed: BoltMethods<string, number, NoStreams, NoStreams, Record<string, never>> = {
    execute: () => {},
  };
  expectTypeOf(typed.execute).toBeFunction();
  t.bolt('async', words, async (word, out: Out<string>) => out.emit(word));
  t.bolt('context', words, (_word, _out: Out<string>, context: ExecuteContext) => context.tuple.ack());
}

export function wrongBolts(): void {
  // @ts-expect-error expects an object on a stream of strings
  t.bolt('function', words, (value: { word: string }, out: Out<string>) => out.emit(value.word));
  t.bolt('object', words, {
    // @ts-expect-error also as a method, whose parameters TypeScript would compare loosely
    execute(value: { word: string }, out: Out<string>) {
      out.emit(value.word);
    },
  });
  t.bolt('narrower', [words, counts], {
    // @ts-expect-error expects less than the union of its inputs
    execute(value: string, out: Out<string>) {
      out.emit(value);
    },
  });
  // @ts-expect-error without an annotation of out nothing can be emitted
  t.bolt('forgotten', words, (word, out) => out.emit(word));
  // @ts-expect-error emits another type than it says
  t.bolt('emits', words, (word, out: Out<number>) => out.emit(word));
  // @ts-expect-error no such option
  t.bolt('option', words, { paralelism: 2, execute(_word, _out: Out<string>) {} });
  // @ts-expect-error a policy that is none
  t.bolt('policy', words, () => {}, { onError: 'ignore' });
  // @ts-expect-error a map cannot ack by hand
  t.map('map', words, (word) => word, { ack: 'manual' });
  const end = t.sink('end', words, () => {});
  // @ts-expect-error a sink emits nothing
  t.bolt('sink', end, () => {});
  // @ts-expect-error a further input of another type
  words.subscribe(counts);
  // @ts-expect-error unknown engine option
  topology('options', { maxPendig: 5 });
}

export function steps(): void {
  expectTypeOf(t.map('map', words, (word) => word.length)).toExtend<Stream<number>>();
  expectTypeOf(t.map('soon', words, async (word) => word.length)).toExtend<Stream<number>>();
  expectTypeOf(t.flatMap('list', words, (word) => [word.length])).toExtend<Stream<number>>();
  const yields = t.flatMap('yields', words, function* (word) {
    yield word.length;
  });
  expectTypeOf(yields).toExtend<Stream<number>>();
  const mixed = t.map('mixed', words, (word): string | number => word);
  const guarded = t.filter('guard', mixed, (value): value is number => typeof value === 'number');
  expectTypeOf(guarded.all()).toEqualTypeOf<Input<number>>();
  const filtered = t.filter('filter', mixed, (value) => String(value) !== '');
  expectTypeOf(filtered.all()).toEqualTypeOf<Input<string | number>>();
  const first = t.map('first', words, (word) => word.length);
  // @ts-expect-error the second step does not take what the first returns
  t.map('chain', first, (value: string) => value);
  // @ts-expect-error a filter answers with a boolean
  t.filter('text', words, (word) => word);
  // @ts-expect-error a flatMap answers with several values
  t.flatMap('number', words, (word) => word.length);
}

export function sinks(): void {
  t.sink('topic', counts, topic('totals', { key: (count) => count.word }));
  t.sink('plain', counts, topic('totals'));
  t.sink('function', counts, (value) => expectTypeOf(value).toEqualTypeOf<{ word: string; count: number }>());
  t.sink('writer', counts, {
    write(values) {
      expectTypeOf(values).toEqualTypeOf<readonly { word: string; count: number }[]>();
      return undefined;
    },
  });
  const wider = topic<string | number>('wider').sink;
  t.sink('wider', words, wider);
  const narrower: SinkDefinition<{ word: string; count: number; more: string }> = topic<never>('x')
    .sink as never;
  // @ts-expect-error wants more than the stream carries
  t.sink('narrower', counts, narrower);
  // @ts-expect-error wants numbers, gets strings
  t.sink('other', words, topic<number>('numbers'));
  // @ts-expect-error the key function names a field that is not there
  t.sink('key', counts, topic('totals', { key: (count) => count.words }));
}
