// Owns: a binary heap of things that are due at a time. Pure. Equal times come out in the order they went in.

interface Entry<T> {
  readonly dueMs: number;
  readonly order: number;
  readonly item: T;
}

export class DueQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  /** When the first is due; Infinity if there is none. */
  nextDueMs(): number {
    return this.heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** The one that is due first, or undefined. */
  get first(): T | undefined {
    return this.heap[0]?.item;
  }

  add(item: T, dueMs: number): void {
    this.heap.push({ dueMs, order: this.order++, item });
    this.up(this.heap.length - 1);
  }

  /** The first that is due at `nowMs`, or undefined. */
  take(nowMs: number): T | undefined {
    const first = this.heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.down(0);
    }
    return first.item;
  }

  private before(left: number, right: number): boolean {
    const a = this.heap[left]!;
    const b = this.heap[right]!;
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }

  private swap(left: number, right: number): void {
    const kept = this.heap[left]!;
    this.heap[left] = this.heap[right]!;
    this.heap[right] = kept;
  }

  private up(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private down(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.before(right, left) ? right : left;
      if (!this.before(child, index)) return;
      this.swap(index, child);
      index = child;
    }
  }
}
