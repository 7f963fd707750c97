// Owns: which tasks of a lane have something to do, found without looking at all of them: one bit a task, the most downstream
// task first. Tasks that cannot run now (full queues behind them, too many open calls) are set aside.
// Invariants: a task with waiting tuples is marked or set aside; `unblock` marks what was set aside.

export class ReadySet {
  private readonly words: Int32Array;
  private readonly aside: Int32Array;
  private anyAside = false;

  constructor(tasks: number) {
    this.words = new Int32Array((tasks + 31) >>> 5);
    this.aside = new Int32Array(this.words.length);
  }

  mark(task: number): void {
    this.words[task >>> 5]! |= 1 << task;
  }

  clear(task: number): void {
    this.words[task >>> 5]! &= ~(1 << task);
  }

  /** It has tuples, but cannot run before something else has happened. */
  setAside(task: number): void {
    this.clear(task);
    this.aside[task >>> 5]! |= 1 << task;
    this.anyAside = true;
  }

  /** Marks what was set aside. True if there was anything. */
  unblock(): boolean {
    if (!this.anyAside) return false;
    this.anyAside = false;
    for (let word = 0; word < this.words.length; word++) {
      this.words[word]! |= this.aside[word]!;
      this.aside[word] = 0;
    }
    return true;
  }

  /** The marked task with the lowest number; -1 if none is. */
  first(): number {
    const { words } = this;
    for (let word = 0; word < words.length; word++) {
      const bits = words[word]!;
      if (bits !== 0) return (word << 5) | (31 - Math.clz32(bits & -bits));
    }
    return -1;
  }
}
