// Owns: saying that a component fails, once per component and kind of failure: the counters and the dead letters have the rest.

import { MillraceError, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { FailureCause } from '../delivery/delivery.ts';

/** `told`: what was said before; it is added to. */
export function tellFailure(logger: Logger, told: Set<string>, { component, error }: FailureCause): void {
  const kind = error instanceof MillraceError ? error.code : 'failed';
  const key = `${component} ${kind}`;
  if (told.has(key)) return;
  told.add(key);
  const text = error instanceof MillraceError ? error.describe() : messageOf(error);
  logger.warn({ component, error: text }, 'a tuple failed; said once per component and kind');
}
