// Owns: the objects behind Input, Stream, Spout, Bolt and Sink. Each carries a record; nothing is checked here.

import type { Grouping } from './plan.ts';
import { COMPONENT, type ComponentRecord, INPUT, type InputRecord } from './records.ts';
import type { Input, Stream } from './stream-types.ts';
import { DEFAULT_STREAM, type Key } from './types.ts';

class InputHandle {
  readonly [INPUT]: InputRecord;

  constructor(component: ComponentRecord, stream: string, grouping: Grouping) {
    this[INPUT] = { component, stream, grouping: Object.freeze(grouping) };
  }
}

/** A stream; as an input of its own it is shuffled. */
export class StreamHandle<T> extends InputHandle implements Stream<T> {
  constructor(component: ComponentRecord, stream: string) {
    super(component, stream, { kind: 'shuffle' });
  }

  shuffle(): Input<T> {
    return this.grouped({ kind: 'shuffle' });
  }

  by(key: (value: T) => Key): Input<T> {
    return this.grouped({ kind: 'key', key: key as (value: unknown) => Key });
  }

  partialBy(key: (value: T) => Key): Input<T> {
    return this.grouped({ kind: 'partial-key', key: key as (value: unknown) => Key });
  }

  all(): Input<T> {
    return this.grouped({ kind: 'all' });
  }

  global(): Input<T> {
    return this.grouped({ kind: 'global' });
  }

  direct(): Input<T> {
    return this.grouped({ kind: 'direct' });
  }

  localOrShuffle(): Input<T> {
    return this.grouped({ kind: 'local-or-shuffle' });
  }

  none(): Input<T> {
    return this.grouped({ kind: 'none' });
  }

  custom(choose: (value: T, tasks: number) => number | readonly number[]): Input<T> {
    return this.grouped({
      kind: 'custom',
      choose: choose as (value: unknown, tasks: number) => number | readonly number[],
    });
  }

  private grouped(grouping: Grouping): Input<T> {
    const { component, stream } = this[INPUT];
    return new InputHandle(component, stream, grouping) as Input<T>;
  }
}

/** A component with a default stream. `subscribe` is there for bolts; on a spout build() reports its use. */
export class ComponentHandle extends StreamHandle<unknown> {
  readonly [COMPONENT]: ComponentRecord;
  /** Bound, so that it can be passed on like any function. */
  readonly subscribe: (input: unknown) => void;

  constructor(component: ComponentRecord) {
    super(component, DEFAULT_STREAM);
    this[COMPONENT] = component;
    this.subscribe = (input) => {
      component.inputs.push(input);
    };
  }

  get name(): string {
    return this[COMPONENT].name as string;
  }

  stream(name: string): StreamHandle<unknown> {
    return new StreamHandle(this[COMPONENT], name);
  }
}

/** A sink emits nothing, so its handle is no stream. */
export class SinkHandle {
  readonly [COMPONENT]: ComponentRecord;
  readonly subscribe: (input: unknown) => void;

  constructor(component: ComponentRecord) {
    this[COMPONENT] = component;
    this.subscribe = (input) => {
      component.inputs.push(input);
    };
  }

  get name(): string {
    return this[COMPONENT].name as string;
  }
}
