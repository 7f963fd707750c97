// Owns: a task of a bolt with `ack: 'manual'`: it may hold tuples, and says itself when they are done. Not here: the tuple
// (held-tuple.ts).
// Invariant: every tuple that was handed to `execute` is in `holding` until the bolt acks or fails it, so that a
// forgotten ack can be named when its tree times out.

import type { MillraceError } from '../base/errors.ts';
import { isThenable } from '../topology/thenable.ts';
import { NO_TREE } from '../tracking/anchors.ts';
import { BoltTask, ownEdge } from './bolt-task.ts';
import type { Collector } from './collector.ts';
import { applyPolicy } from './error-policy.ts';
import { HeldTuple, NO_IDS, type TupleHolder } from './held-tuple.ts';

export class ManualBoltTask extends BoltTask implements TupleHolder {
  /** Each with the collector of its asynchronous call, if it has one. */
  private readonly holding = new Map<HeldTuple, Collector | null>();
  /** The tuple whose `execute` is running right now. */
  private executing: HeldTuple | null = null;
  private toldOfDoubleAck = false;

  ended(tuple: HeldTuple): void {
    this.letGo(tuple);
    if (tuple.handle !== NO_TREE) {
      // Emits anchored to this tuple may still be in the collector: they must reach the tree before its ack does.
      this.out.settle();
      this.lane.emit.acks.add(tuple.handle, tuple.rootLo, tuple.rootHi, tuple.edgeLo, tuple.edgeHi);
    }
    this.lane.emit.anchors.release(tuple.handle);
    this.lane.wake();
  }

  failed(tuple: HeldTuple, error: unknown): void {
    this.letGo(tuple);
    this.lane.fail(tuple, { component: this.component, error });
    this.lane.emit.anchors.release(tuple.handle);
    this.lane.wake();
  }

  extended(tuple: HeldTuple, ms: number): void {
    this.lane.extend(tuple, ms);
  }

  endedTwice(error: MillraceError): void {
    this.lane.counters.doubleAcks++;
    if (this.toldOfDoubleAck) return;
    this.toldOfDoubleAck = true;
    this.lane.logger.warn({ component: this.component, code: error.code }, error.describe());
  }

  override held(): number {
    return this.holding.size;
  }

  override heldUpBy(): string | null {
    return (
      super.heldUpBy() ?? (this.holding.size > 0 ? `${this.holding.size} tuples that it did not ack` : null)
    );
  }

  override holds(slot: number, rootLo: number, rootHi: number): string | null {
    const { anchors } = this.lane.emit;
    for (const tuple of this.holding.keys()) {
      const { handle } = tuple;
      if (handle === NO_TREE) continue;
      if (anchors.belongs(handle, tuple.rootLo, tuple.rootHi, slot, rootLo, rootHi))
        return 'it never acked the tuple';
    }
    return super.holds(slot, rootLo, rootHi);
  }

  protected override executeSome(): number {
    const { queue, out, context } = this;
    const { anchors } = this.lane.emit;
    const at = queue.segment;
    const place = queue.head & queue.mask;
    const value = queue.values[place];
    queue.values[place] = undefined;
    this.input = queue.segments[at + 5]!;
    out.begin(queue.segments[at]!, queue.segments[at + 1]!, queue.segments[at + 2]!, queue.head);
    const tuple = new HeldTuple(this, this.from(this.input), ownEdge(this.lane, out));
    this.holding.set(tuple, null);
    this.executing = tuple;
    queue.advance((queue.head + 1) | 0);
    // What the bolt emits has edges of its own: it may ack the tuple before its segment has ended, or long after.
    out.takeInput(queue.segments[at + 3]!, queue.segments[at + 4]!);
    const ended = this.endTakenSegment(out);
    // The tree knows the tuple's own edge before the bolt can ack it.
    out.settle();
    anchors.release(ended);
    context.held = tuple;
    out.enter();
    try {
      const result: unknown = this.bolt.execute(value, out, context);
      out.leave();
      if (isThenable(result)) this.goOn(result, tuple);
      else this.over();
    } catch (error) {
      out.leave();
      this.over();
      this.threwFor(tuple, error);
    }
    this.executing = null;
    return 1;
  }

  protected override newCollector(): Collector {
    const out = super.newCollector();
    out.manual = true;
    return out;
  }

  private over(): void {
    this.out.finish(this.queue.head);
    this.endSeparate();
  }

  /** The bolt ended the tuple; what its `execute` still emits without anchors is refused. */
  private letGo(tuple: HeldTuple): void {
    const out = tuple === this.executing ? this.out : this.holding.get(tuple);
    out?.endInput();
    this.holding.delete(tuple);
  }

  private from(input: number): { readonly component: string; readonly stream: string } {
    const subscription = this.plan.inputs[input];
    if (subscription === undefined) return { component: '', stream: '' };
    const producer = this.lane.plan.components[subscription.producer];
    return { component: producer?.name ?? '', stream: subscription.stream };
  }

  private goOn(promise: Promise<unknown>, tuple: HeldTuple): void {
    const { out } = this;
    out.handOver();
    if (this.holding.has(tuple)) this.holding.set(tuple, out);
    const { handle, rootLo, rootHi } = tuple;
    this.lane.emit.anchors.retain(handle);
    // The call is about no tuple of its own: the bolt acks. A rejection or a time-out ends the tuple if the bolt still holds it.
    const failed = (error: unknown) => this.threwFor(tuple, error);
    this.calls.add(promise, { out, handle, rootLo, rootHi, edgeLo: 0, edgeHi: 0, failed });
    this.keepsCollector();
  }

  private threwFor(tuple: HeldTuple, error: unknown): void {
    if (!tuple.pending) {
      applyPolicy(this.lane, this.plan, error, NO_IDS);
      return;
    }
    tuple.pending = false;
    this.holding.delete(tuple);
    applyPolicy(this.lane, this.plan, error, tuple);
    if (tuple.handle !== NO_TREE) {
      this.lane.emit.acks.add(tuple.handle, tuple.rootLo, tuple.rootHi, tuple.edgeLo, tuple.edgeHi);
    }
    this.lane.emit.anchors.release(tuple.handle);
  }
}
