// Owns: how long the run waits for one component to be opened or closed. Not here: what is opened (lane-builder.ts), what
// follows when it takes too long (run.ts).
// Invariants: a wait ends after `limitMs` without a sign of life, or when `signal` is aborted, whatever the component does; what is
// opened too late is undone. The timer is a real one, because a component that hangs moves no clock of a test.

import { MillraceError } from '../base/errors.ts';

export class Patience {
  private readonly doing: 'open' | 'close';
  private readonly limitMs: number;
  private readonly signal: AbortSignal | undefined;
  private timer: NodeJS.Timeout | null = null;

  constructor(doing: 'open' | 'close', limitMs: number, signal: AbortSignal | undefined) {
    this.doing = doing;
    this.limitMs = limitMs;
    this.signal = signal;
  }

  /** A sign of life: the limit counts from now. */
  stir(): void {
    this.timer?.refresh();
  }

  /**
   * Waits for `work`. Rejects as it does, with MR_STALLED after the limit, or with the signal's reason. `undo` is called if
   * it succeeds after that. One wait at a time.
   */
  async wait<T>(component: string, work: Promise<T>, undo?: (late: T) => unknown): Promise<T> {
    const { signal } = this;
    let givenUp = false;
    let stop: () => void = () => {};
    const limit = new Promise<never>((_resolve, reject) => {
      const giveUp = (error: unknown) => {
        givenUp = true;
        reject(error);
      };
      stop = () => giveUp(signal?.reason);
      this.timer = setTimeout(() => giveUp(this.stalled(component)), this.limitMs);
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop);
    });
    work
      .then(
        async (late) => {
          if (givenUp) await undo?.(late);
        },
        // Told to the caller below, or too late for anybody.
      )
      .catch(() => {});
    try {
      return await Promise.race([work, limit]);
    } finally {
      if (this.timer !== null) clearTimeout(this.timer);
      this.timer = null;
      signal?.removeEventListener('abort', stop);
    }
  }

  private stalled(component: string): MillraceError {
    const { doing, limitMs } = this;
    const option = `${doing}LimitMs`;
    return new MillraceError(
      'MR_STALLED',
      `The run stalled at component '${component}': its ${doing} took longer than ${limitMs} ms (${option}).`,
      {
        expected: `${doing} to end, or to report progress, within ${limitMs} ms`,
        got: `${doing} has not ended`,
        next:
          doing === 'open'
            ? `Look what it waits for, or raise the limit with --set ${option}=MS. Nothing was read from the sources yet.`
            : `Look what it waits for, or raise the limit with --set ${option}=MS. What was processed before is stored.`,
      },
    );
  }
}
