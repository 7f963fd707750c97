// Owns: how what an author gave to `t.sink` becomes a SinkDefinition.

import { isObject } from './records.ts';
import type { SinkDefinition, SinkWriter } from './sink.ts';
import { isThenable } from './thenable.ts';

export interface ReadTarget {
  readonly sink: SinkDefinition<unknown>;
  /** Tuples per write where the author named no number. */
  readonly defaultBatch?: number;
}

/** The sink, or undefined if it is none. */
export function readTarget(body: unknown): ReadTarget | undefined {
  // One value per write: a call that throws then fails its own tuple and no other.
  if (typeof body === 'function') return { sink: fromFunction(body as Consume), defaultBatch: 1 };
  if (!isObject(body)) return undefined;
  if (body['kind'] === 'sink' && typeof body['open'] === 'function') {
    return { sink: body as unknown as SinkDefinition<unknown> };
  }
  if (typeof body['write'] === 'function')
    return { sink: fromWriter(body as unknown as SinkWriter<unknown>) };
  const inner = body['sink'];
  return isObject(inner) && inner['kind'] === 'sink' ? readTarget(inner) : undefined;
}

type Consume = (value: unknown) => unknown;

function fromFunction(consume: Consume): SinkDefinition<unknown> {
  const writer: SinkWriter<unknown> = { write: (values) => writeFrom(consume, values, 0) };
  return { kind: 'sink', description: 'function', open: () => Promise.resolve(writer) };
}

/** In order; leaves the synchronous way at the first promise. */
function writeFrom(
  consume: Consume,
  values: readonly unknown[],
  first: number,
): undefined | Promise<undefined> {
  for (let index = first; index < values.length; index++) {
    const written = consume(values[index]);
    if (isThenable(written)) return written.then(() => writeFrom(consume, values, index + 1));
  }
  return undefined;
}

/** All tasks share the author's writer; it is closed when the last of them is done. */
function fromWriter(target: SinkWriter<unknown>): SinkDefinition<unknown> {
  let opened = 0;
  return {
    kind: 'sink',
    description: 'writer',
    open() {
      opened++;
      return Promise.resolve({
        write: (values: readonly unknown[]) => target.write(values),
        async close() {
          opened--;
          if (opened === 0) await target.close?.();
        },
      });
    },
  };
}
