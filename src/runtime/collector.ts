// Owns: what a bolt emits: edge ids, routing, and the XOR of a run of tuples that belong to one tree. Not here:
// choosing tasks (route.ts), ack values (tracking/).
//
// Invariants:
// 1. Outside of an `execute` (or `tick`) `open` is false and `fast` is null; emitting then is MR_EMIT_AFTER_ACK.
// 2. `lo` and `hi` hold XORs into the tree of `handle` that the acker has not seen yet; `settle` hands them over,
//    and is called before the handle changes and before anything else may look at the tree.
// 3. A segment in a queue with a handle below NO_TREE holds a reference to that anchor set.
// 4. The edge of the segment being executed is handed on at most once; if it was, it is not acked, and what is left of the
//    segment gets another (`BoltTask.endTakenSegment`).
//
// Handing on: a bolt that emits one run of tuples for its input would create an edge and ack one. XORing the same id twice
// into one tree changes nothing, so the new segment takes over the edge of the old one, and the acker hears nothing
// of it: a chain of bolts costs a tree one edge, however long it is.

import { MillraceError } from '../base/errors.ts';
import { DEFAULT_STREAM, type Out, type Tuple } from '../topology/types.ts';
import type { AckBatch } from '../tracking/ack-batch.ts';
import type { Acker } from '../tracking/acker.ts';
import { type AnchorSets, NO_TREE } from '../tracking/anchors.ts';
import type { IdSource } from '../tracking/ids.ts';
import { HeldTuple } from './held-tuple.ts';
import { type Route, SEVERAL } from './route.ts';
import type { QueueGroup, TupleQueue } from './tuple-queue.ts';

/** What all collectors of a lane share. */
export interface EmitContext {
  readonly ids: IdSource;
  readonly acker: Acker;
  readonly acks: AckBatch;
  readonly anchors: AnchorSets;
  /** Called when something was emitted outside of the lane's own turn. */
  wake(): void;
  /** Told of an emit after the ack; the run ends with it, because what was emitted is in no tree. */
  misuse(error: MillraceError): void;
}

/** Told of tuples without a tree that were executed by a component that has no subscribers. */
export interface UntrackedLatency {
  /** `bornAt` is the time of the spout's emit as in `Lane.stamp`. */
  leftAt(bornAt: number, tuples: number): void;
}

/** The streams of one task and where they lead. */
export interface Outlets {
  readonly component: string;
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  /** The queue that every tuple of the default stream goes to, and its input number there, where there is exactly one. */
  readonly single: TupleQueue | null;
  readonly singleInput: number;
  /** The components behind it. */
  readonly groups: readonly QueueGroup[];
}

export function outletsOf(component: string, streams: readonly string[], routes: readonly Route[]): Outlets {
  const byStream = new Map(
    streams.map((stream) => [stream, routes.filter((route) => route.stream === stream)]),
  );
  const first = byStream.get(DEFAULT_STREAM) ?? [];
  const only = first.length === 1 ? first[0] : undefined;
  const groups = [...new Set(routes.flatMap((route) => route.queues.map((queue) => queue.group)))];
  return { component, routes: byStream, single: only?.only ?? null, singleInput: only?.input ?? 0, groups };
}

export class Collector implements Out<unknown, Record<string, unknown>> {
  fast: TupleQueue | null = null;
  open = false;
  /** Its `execute` or `tick` is running in the lane's turn: whoever runs it hands over the XORs afterwards. */
  private inTurn = false;
  handle = NO_TREE;
  /** Low half of the root id; where there is no tree, when the record was emitted (lane-stamp.ts), 0 if unknown. */
  rootLo = 0;
  rootHi = 0;
  lo = 0;
  hi = 0;
  /** The edge of the segment being executed, 0 once it was handed on. */
  inputLo = 0;
  inputHi = 0;
  /** That edge was handed on to a segment downstream. */
  handedOn = false;
  /** Of a bolt with manual acks: it may emit at any time, if it names anchors; they tell whether it is too late. */
  manual = false;
  /** The tuple being executed was acked or failed by the bolt. */
  private inputEnded = false;
  private position = 0;
  /** `endSegments` of the single queue while its last segment is one of this run; any other value otherwise. */
  private openAt = 0;
  private abandoned = false;
  private readonly untracked: UntrackedLatency | null;
  private readonly context: EmitContext;
  private readonly ids: IdSource;
  private readonly outlets: Outlets;
  private readonly single: TupleQueue | null;
  private readonly singleInput: number;

  /** `untracked`: who is told when untracked tuples have reached the end of the topology; null elsewhere. */
  constructor(context: EmitContext, outlets: Outlets, untracked: UntrackedLatency | null) {
    this.context = context;
    this.untracked = untracked;
    this.ids = context.ids;
    this.outlets = outlets;
    this.single = outlets.single;
    this.singleInput = outlets.singleInput;
  }

  emit(value: unknown, anchors?: Tuple | readonly Tuple[]): void {
    const queue = this.fast;
    if (queue === null || anchors !== undefined) this.emitOn(DEFAULT_STREAM, value, anchors);
    else if (queue.endSegments === this.openAt) queue.extend(value);
    else {
      this.put(queue, this.singleInput, value);
      this.openAt = queue.endSegments;
    }
  }

  emitTo(stream: string, value: unknown, anchors?: Tuple | readonly Tuple[]): void {
    this.emitOn(stream, value, anchors);
  }

  emitDirect(task: number, value: unknown, anchors?: Tuple | readonly Tuple[]): void {
    this.checkOpen(anchors);
    const routes = this.routesOf(DEFAULT_STREAM).filter((route) => route.grouping.kind === 'direct');
    if (routes.length === 0) throw this.noDirectSubscriber();
    const queues = routes.map((route) => route.queueOf(task));
    this.withAnchors(anchors, () => {
      for (const [index, queue] of queues.entries()) this.put(queue, routes[index]!.input, value);
    });
    this.afterSlowEmit();
  }

  /**
   * Starts a run of tuples: everything emitted is anchored to this tree until the next call. `position` is the place of
   * the first of them in the task's queue.
   */
  begin(handle: number, rootLo: number, rootHi: number, position: number): void {
    if (handle === this.handle && rootLo === this.rootLo && rootHi === this.rootHi) return;
    if (this.untracked !== null) this.tellUntracked(position);
    this.settle();
    this.handle = handle;
    this.rootLo = rootLo;
    this.rootHi = rootHi;
    this.closeRun();
  }

  /** The edge of the segment that is executed from now on; it belongs to the tree that `begin` named. */
  takeInput(lo: number, hi: number): void {
    this.inputLo = lo;
    this.inputHi = hi;
    this.handedOn = false;
  }

  /** Acks the edge of the segment, all of whose tuples are done, unless it was handed on. */
  ackInput(): void {
    this.lo ^= this.inputLo;
    this.hi ^= this.inputHi;
    this.takeInput(0, 0);
  }

  /** Ends the run of tuples before `position`. */
  finish(position: number): void {
    if (this.untracked !== null) this.tellUntracked(position);
    this.settle();
    this.handle = NO_TREE;
    this.rootLo = 0;
    this.rootHi = 0;
  }

  /** Hands the XORs so far to the acker. */
  settle(): void {
    const { lo, hi } = this;
    if ((lo | hi) === 0) return;
    this.lo = 0;
    this.hi = 0;
    if (this.handle !== NO_TREE) this.context.acks.add(this.handle, this.rootLo, this.rootHi, lo, hi);
  }

  /** Makes it ready for emitting inside the lane's turn. */
  enter(): void {
    this.open = true;
    this.inTurn = true;
    this.inputEnded = false;
    this.fast = this.single;
    this.closeRun();
  }

  /** The reverse of `enter`. */
  leave(): void {
    this.open = false;
    this.inTurn = false;
    this.fast = null;
  }

  /** From now on it belongs to an asynchronous call: it stays open, and emitting wakes the lane. */
  handOver(): void {
    this.settle();
    this.open = true;
    this.inTurn = false;
    this.fast = null;
  }

  /** The bolt has ended its input: what it emits from now on needs anchors of its own. */
  endInput(): void {
    this.settle();
    this.inputEnded = true;
    this.fast = null;
  }

  /** Its call was given up: what it still emits is refused, but no longer anybody's mistake. */
  abandon(): void {
    this.leave();
    this.manual = false;
    this.abandoned = true;
  }

  private emitOn(stream: string, value: unknown, anchors: Tuple | readonly Tuple[] | undefined): void {
    this.checkOpen(anchors);
    const routes = this.routesOf(stream);
    if (anchors !== undefined) this.withAnchors(anchors, () => this.deal(routes, value));
    else this.deal(routes, value);
    this.afterSlowEmit();
  }

  /** After an emit of an asynchronous call: the lane may be asleep, and the tree must know the new edges at once. */
  private afterSlowEmit(): void {
    if (this.inTurn) return;
    this.settle();
    this.context.wake();
  }

  private deal(routes: readonly Route[], value: unknown): void {
    for (const route of routes) {
      const task = route.choose(value);
      if (task !== SEVERAL) this.put(route.queues[task]!, route.input, value);
      else for (const chosen of route.chosen) this.put(route.queueOf(chosen), route.input, value);
    }
  }

  private put(queue: TupleQueue, input: number, value: unknown): void {
    if (
      queue.openHandle === this.handle &&
      queue.openRootLo === this.rootLo &&
      queue.openRootHi === this.rootHi &&
      queue.openInput === input
    ) {
      queue.extend(value);
    } else this.openSegment(queue, input, value);
  }

  private openSegment(queue: TupleQueue, input: number, value: unknown): void {
    const { handle, rootLo, rootHi, inputLo, inputHi } = this;
    if (handle === NO_TREE) {
      queue.open(value, NO_TREE, rootLo, 0, 0, 0, input);
      return;
    }
    if ((inputLo | inputHi) !== 0) {
      queue.open(value, handle, rootLo, rootHi, inputLo, inputHi, input);
      this.inputLo = 0;
      this.inputHi = 0;
      this.handedOn = true;
    } else {
      const { ids } = this;
      ids.next();
      const { lo, hi } = ids;
      queue.open(value, handle, rootLo, rootHi, lo, hi, input);
      this.lo ^= lo;
      this.hi ^= hi;
    }
    if (handle < NO_TREE) this.context.anchors.retain(handle);
  }

  /** The next tuple may not extend a segment without a look at its tree. */
  private closeRun(): void {
    if (this.single !== null) this.openAt = (this.single.endSegments - 1) | 0;
  }

  private tellUntracked(position: number): void {
    if (this.handle === NO_TREE && this.rootLo !== 0) {
      this.untracked?.leftAt(this.rootLo, (position - this.position) | 0);
    }
    this.position = position;
  }

  /** Emits anchored to other trees than those of the current tuple. */
  private withAnchors(anchors: Tuple | readonly Tuple[] | undefined, emit: () => void): void {
    if (anchors === undefined) {
      emit();
      return;
    }
    this.settle();
    const { handle, rootLo, rootHi, inputLo, inputHi } = this;
    const sets = this.context.anchors;
    const made = this.anchorTo('component' in anchors ? [anchors] : anchors);
    // The edge of the input is one of the input's own tree.
    this.inputLo = 0;
    this.inputHi = 0;
    try {
      emit();
    } finally {
      this.settle();
      sets.release(made);
      this.handle = handle;
      this.rootLo = rootLo;
      this.rootHi = rootHi;
      this.inputLo = inputLo;
      this.inputHi = inputHi;
      this.closeRun();
    }
  }

  private anchorTo(tuples: readonly Tuple[]): number {
    const { anchors, acker } = this.context;
    anchors.begin();
    for (const tuple of tuples) {
      if (!(tuple instanceof HeldTuple)) anchors.add(acker, this.handle, this.rootLo, this.rootHi);
      else if (tuple.pending) anchors.add(acker, tuple.handle, tuple.rootLo, tuple.rootHi);
      else throw this.refused();
    }
    this.handle = anchors.end();
    this.rootLo = anchors.rootLo;
    this.rootHi = anchors.rootHi;
    return this.handle;
  }

  private routesOf(stream: string): readonly Route[] {
    const routes = this.outlets.routes.get(stream);
    if (routes !== undefined) return routes;
    throw new MillraceError(
      'MR_STREAM_UNKNOWN',
      `Component '${this.outlets.component}' emitted to a stream that it did not declare.`,
      {
        expected: `one of: ${[...this.outlets.routes.keys()].join(', ')}`,
        got: stream,
        next: `Add '${stream}' to the component's streams, or correct the name.`,
      },
    );
  }

  private checkOpen(anchors: Tuple | readonly Tuple[] | undefined): void {
    if (anchors === undefined ? this.open && !this.inputEnded : this.open || this.manual) return;
    throw this.refused();
  }

  /** Ends the run as well, unless the call was given up before: then it is nobody's mistake. */
  private refused(): MillraceError {
    const error = this.afterAck();
    if (!this.abandoned) this.context.misuse(error);
    return error;
  }

  private afterAck(): MillraceError {
    return new MillraceError(
      'MR_EMIT_AFTER_ACK',
      `Component '${this.outlets.component}' emitted a tuple after its input was acked.`,
      {
        expected:
          'every emit before execute returns, or before its promise resolves, or before the tuple is acked',
        got: 'an emit that belongs to no tree any more, so that its loss would go unnoticed',
        next: "Await all asynchronous work in execute, or declare the bolt with ack: 'manual' and ack when it is done.",
      },
    );
  }

  private noDirectSubscriber(): MillraceError {
    return new MillraceError(
      'MR_GROUPING_TASK',
      `Component '${this.outlets.component}' called emitDirect, but no subscriber of it has direct grouping.`,
      {
        expected: 'a subscriber wired with .direct()',
        got: 'none',
        next: 'Wire the subscriber with .direct(), or use emit.',
      },
    );
  }
}
