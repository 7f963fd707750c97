// Owns: how each form of a bolt becomes the BoltInstance of a task. Invariant: synchronous bolts allocate no promise.

import { MillraceError } from '../base/errors.ts';
import type { BoltInstance, BoltPlan } from './plan.ts';
import { type Form, isObject } from './records.ts';
import { shown } from './shown.ts';
import { isThenable } from './thenable.ts';
import type { ExecuteContext } from './types.ts';

type Context = ExecuteContext<Record<string, unknown>>;
type Returning = (value: unknown, context: Context) => unknown;
type Create = BoltPlan['create'];

/** True for an object with `create`. */
export function isFactory(body: unknown): body is { create: Create } {
  return isObject(body) && typeof body['create'] === 'function';
}

/** Makes instances of `body`. Only to be called once `body` is known to be a bolt of this form. */
export function createOf(form: Form, body: unknown, tickEveryMs: number): Create {
  if (form === 'map') return () => mapping(body as Returning);
  if (form === 'filter') return () => filtering(body as Returning);
  if (form === 'flatMap') return () => flatMapping(body as Returning);
  if (typeof body === 'function') return () => ({ execute: body as BoltInstance['execute'] });
  if (isFactory(body)) return (task) => checked(body.create(task), task.component, tickEveryMs);
  return () => body as BoltInstance;
}

function mapping(transform: Returning): BoltInstance {
  return {
    execute(value, out, context) {
      const result = transform(value, context);
      if (isThenable(result)) return result.then((late) => out.emit(late));
      return out.emit(result);
    },
  };
}

function filtering(test: Returning): BoltInstance {
  return {
    execute(value, out, context) {
      const result = test(value, context);
      if (isThenable(result)) {
        return result.then((late) => {
          if (late) out.emit(value);
        });
      }
      return result ? out.emit(value) : undefined;
    },
  };
}

function flatMapping(transform: Returning): BoltInstance {
  return {
    execute(value, out, context) {
      const result = transform(value, context);
      if (isThenable(result)) {
        return result.then((late) => emitEach(late, out));
      }
      return emitEach(result, out);
    },
  };
}

function emitEach(values: unknown, out: Parameters<BoltInstance['execute']>[1]): void {
  for (const value of values as Iterable<unknown>) out.emit(value);
}

/** What a factory made is known only now; the rules are those that build() holds objects to. */
function checked(instance: unknown, component: string, tickEveryMs: number): BoltInstance {
  const methods = isObject(instance) ? instance : {};
  if (typeof methods['execute'] !== 'function') {
    throw new MillraceError('MR_BOLT_OPEN_FAILED', `the factory of bolt '${component}' did not make a bolt`, {
      expected: 'an object with a function `execute` from `create(task)`',
      got: shown(instance),
      next: 'Return the bolt from `create`; it must not be a promise: prepare what takes time in `open`.',
    });
  }
  const ticks = typeof methods['tick'] === 'function';
  if (ticks !== tickEveryMs > 0) {
    throw new MillraceError(
      'MR_BOLT_OPEN_FAILED',
      `the factory of bolt '${component}' and its option tickEveryMs do not fit together`,
      {
        expected: 'a `tick` and a tickEveryMs above 0, or neither',
        got: ticks ? 'a `tick` without tickEveryMs' : 'tickEveryMs without a `tick`',
        next: 'Put `tickEveryMs` beside `create`, or take it away.',
      },
    );
  }
  return instance as BoltInstance;
}
