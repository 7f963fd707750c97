// Owns: the handle on an input tuple that a bolt with manual acks holds, and the small view on the current tuple that
// other bolts get. Not here: the trees (tracking/).
// Invariant: a held tuple ends once; a second ack or fail is reported with the component's name and changes nothing.

import { MillraceError } from '../base/errors.ts';
import type { Tuple } from '../topology/types.ts';
import { NO_TREE } from '../tracking/anchors.ts';

/** Which tree a tuple belongs to, and which edge of it it is. */
export interface TupleIds {
  readonly handle: number;
  readonly rootLo: number;
  readonly rootHi: number;
  readonly edgeLo: number;
  readonly edgeHi: number;
}

/** Of a tuple without a tree. */
export const NO_IDS: TupleIds = { handle: NO_TREE, rootLo: 0, rootHi: 0, edgeLo: 0, edgeHi: 0 };

/** What a tuple of a manual bolt needs from its task. */
export interface TupleHolder {
  readonly component: string;
  ended(tuple: HeldTuple): void;
  failed(tuple: HeldTuple, error: unknown): void;
  extended(tuple: HeldTuple, ms: number): void;
  /** Told of a second ack or fail. */
  endedTwice(error: MillraceError): void;
}

export class HeldTuple implements Tuple, TupleIds {
  readonly component: string;
  readonly stream: string;
  readonly handle: number;
  readonly rootLo: number;
  readonly rootHi: number;
  readonly edgeLo: number;
  readonly edgeHi: number;
  pending = true;
  private readonly holder: TupleHolder;

  constructor(
    holder: TupleHolder,
    from: { readonly component: string; readonly stream: string },
    ids: TupleIds,
  ) {
    this.holder = holder;
    this.component = from.component;
    this.stream = from.stream;
    this.handle = ids.handle;
    this.rootLo = ids.rootLo;
    this.rootHi = ids.rootHi;
    this.edgeLo = ids.edgeLo;
    this.edgeHi = ids.edgeHi;
  }

  ack(): void {
    if (!this.end('acked')) return;
    this.holder.ended(this);
  }

  fail(error?: unknown): void {
    if (!this.end('failed')) return;
    this.holder.failed(this, error);
  }

  extendTimeout(ms: number): void {
    if (this.pending) this.holder.extended(this, ms);
  }

  private end(how: string): boolean {
    if (this.pending) {
      this.pending = false;
      return true;
    }
    this.holder.endedTwice(
      new MillraceError('MR_DOUBLE_ACK', `Component '${this.holder.component}' ended one tuple twice.`, {
        expected: 'one ack or fail per tuple',
        got: `a tuple from '${this.component}' that was acked or failed before and is now ${how}`,
        next: 'Keep track of which tuples the bolt still holds; the second call was ignored.',
      }),
    );
    return false;
  }
}

/** `context.tuple` of a bolt that does not ack by itself. */
export class CurrentTuple implements Tuple {
  component = '';
  stream = '';
  private readonly owner: string;
  private readonly extend: (ms: number) => void;

  constructor(owner: string, extend: (ms: number) => void) {
    this.owner = owner;
    this.extend = extend;
  }

  ack(): void {
    throw this.notManual('ack');
  }

  fail(): void {
    throw this.notManual('fail');
  }

  extendTimeout(ms: number): void {
    this.extend(ms);
  }

  private notManual(call: string): MillraceError {
    return new MillraceError(
      'MR_ACK_NOT_MANUAL',
      `Component '${this.owner}' called ${call} on a tuple, but its tuples are acked when execute ends.`,
      {
        expected: "a bolt declared with ack: 'manual'",
        got: 'a bolt with automatic acks',
        next: "Declare ack: 'manual', or return from execute to ack and throw to fail.",
      },
    );
  }
}
