// Owns: how what an author gave to `t.spout` becomes a Source.

import { MillraceError } from '../base/errors.ts';
import { isObject } from './records.ts';
import { shown } from './shown.ts';
import type { ClassicSource, ClassicSpout, Source } from './source.ts';
import type { TaskInfo } from './types.ts';

export interface ReadSource {
  readonly source: Source<unknown>;
  /** False if one spout object serves the only task. */
  readonly perTask: boolean;
}

/** The source, or undefined if it is none. */
export function readSource(body: unknown): ReadSource | undefined {
  if (typeof body === 'function') return { source: fromFactory(body as Factory), perTask: true };
  if (!isObject(body)) return undefined;
  if (body['kind'] === 'direct' && typeof body['open'] === 'function') return ready(body);
  if (body['kind'] === 'classic' && typeof body['create'] === 'function') return ready(body);
  if (typeof body['next'] === 'function') return { source: fromSpout(body), perTask: false };
  // A connector that is source and sink; the source in it must be one itself.
  const inner = body['source'];
  return isObject(inner) && typeof inner['kind'] === 'string' ? readSource(inner) : undefined;
}

function ready(body: unknown): ReadSource {
  return { source: body as Source<unknown>, perTask: true };
}

function fromSpout(body: unknown): ClassicSource<unknown> {
  return { kind: 'classic', description: 'spout', create: () => body as ClassicSpout<unknown> };
}

type Factory = (task: TaskInfo) => unknown;

function fromFactory(factory: Factory): ClassicSource<unknown> {
  return {
    kind: 'classic',
    description: 'spout',
    create(task) {
      const spout = factory(task);
      if (isObject(spout) && typeof spout['next'] === 'function') {
        return spout as unknown as ClassicSpout<unknown>;
      }
      throw new MillraceError(
        'MR_SPOUT_FAILED',
        `the factory of spout '${task.component}' did not make a spout`,
        {
          expected: 'an object with a function `next`',
          got: shown(spout),
          next: 'Return the spout from the function; it must not be a promise: prepare what takes time in `open`.',
        },
      );
    },
  };
}
