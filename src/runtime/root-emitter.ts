// Owns: emitting the root tuple of a record to the subscribers of a spout. Not here: which record (the spout tasks), which
// tree (delivery/).

import type { Delivery } from '../delivery/delivery.ts';
import { DEFAULT_STREAM } from '../topology/types.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import type { EmitContext, Outlets } from './collector.ts';
import { type Route, SEVERAL } from './route.ts';
import type { TupleQueue } from './tuple-queue.ts';

export class RootEmitter {
  private readonly context: EmitContext;
  private readonly outlets: Outlets;
  private readonly delivery: Delivery;
  private readonly routes: readonly Route[];
  /** XOR of the edges of the tuple being emitted. */
  private lo = 0;
  private hi = 0;

  constructor(context: EmitContext, outlets: Outlets, delivery: Delivery) {
    this.context = context;
    this.outlets = outlets;
    this.delivery = delivery;
    this.routes = outlets.routes.get(DEFAULT_STREAM) ?? [];
  }

  /** The queues downstream have room. */
  get hasRoom(): boolean {
    for (const group of this.outlets.groups) if (group.full > 0) return false;
    return true;
  }

  /** Emits the record whose tree is in the delivery's root fields. `stamp`: now, as in lane-clock.ts. */
  emit(value: unknown, stamp: number): void {
    const { single, singleInput } = this.outlets;
    const { rootHandle, rootLo, rootHi, edgeLo, edgeHi } = this.delivery;
    if (single !== null) {
      // The edge that the tree holds open becomes the edge of the only tuple: no init message, no second id.
      if (rootHandle === NO_TREE) untracked(single, value, stamp, singleInput);
      else single.open(value, rootHandle, rootLo, rootHi, edgeLo, edgeHi, singleInput);
      return;
    }
    this.lo = edgeLo;
    this.hi = edgeHi;
    for (const route of this.routes) {
      const task = route.choose(value);
      if (task !== SEVERAL) this.put(route.queues[task]!, route.input, value, stamp);
      else for (const chosen of route.chosen) this.put(route.queueOf(chosen), route.input, value, stamp);
    }
    if (rootHandle !== NO_TREE) this.context.acks.add(rootHandle, rootLo, rootHi, this.lo, this.hi);
  }

  private put(queue: TupleQueue, input: number, value: unknown, stamp: number): void {
    const { rootHandle, rootLo, rootHi } = this.delivery;
    if (rootHandle === NO_TREE) {
      untracked(queue, value, stamp, input);
      return;
    }
    const { ids } = this.context;
    ids.next();
    const { lo, hi } = ids;
    queue.open(value, rootHandle, rootLo, rootHi, lo, hi, input);
    this.lo ^= lo;
    this.hi ^= hi;
  }
}

function untracked(queue: TupleQueue, value: unknown, stamp: number, input: number): void {
  if (queue.openHandle === NO_TREE && queue.openRootLo === stamp && queue.openInput === input) {
    queue.extend(value);
  } else queue.open(value, NO_TREE, stamp, 0, 0, 0, input);
}
