// Owns: choosing the strategy, once per run.

import { MillraceError } from '../base/errors.ts';
import { AtLeastOnce } from './at-least-once.ts';
import { AtMostOnce } from './at-most-once.ts';
import type { Delivery, DeliveryPorts } from './delivery.ts';
import { AVAILABLE_GUARANTEES, type Guarantee } from './guarantee.ts';

/** Throws MR_GUARANTEE_UNSUPPORTED. */
export function createDelivery(guarantee: Guarantee, ports: DeliveryPorts): Delivery {
  switch (guarantee) {
    case 'at-most-once':
      return new AtMostOnce(ports);
    case 'at-least-once':
      return new AtLeastOnce(ports);
    default:
      throw new MillraceError('MR_GUARANTEE_UNSUPPORTED', `This version cannot run ${guarantee}.`, {
        expected: AVAILABLE_GUARANTEES.join(' or '),
        got: guarantee,
        next: 'Choose one of those; exactly once comes with the replicated store.',
      });
  }
}
