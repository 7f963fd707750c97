// Owns: what is shown while a topology runs: a live line on a terminal, plain lines in a pipe, on standard error in both
// cases. Not here: the end of the run (run-summary.ts).

import type { RunSnapshot } from '../runtime/run-types.ts';
import { duration, milliseconds, shortCount } from './format.ts';
import type { Output } from './terminal.ts';

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 2_000;
/** The rate is that of about the last second, so that it neither jumps nor lags behind. */
const RATE_WINDOW_SECONDS = 1;
const CLEAR_LINE = '\r\u001b[K';

interface Sample {
  readonly seconds: number;
  readonly records: number;
}

/** Records a second over the last window, from snapshots given in order. */
const START: Sample = { seconds: 0, records: 0 };

export class RateMeter {
  private samples: Sample[] = [START];

  rate({ seconds, records }: Sample): number {
    // The clock of a run starts anew once it is loaded; a rate over that edge would mean nothing.
    if (seconds < (this.samples.at(-1)?.seconds ?? 0)) this.samples = [START];
    this.samples.push({ seconds, records });
    while (this.samples.length > 2 && this.samples[1]!.seconds <= seconds - RATE_WINDOW_SECONDS)
      this.samples.shift();
    const first = this.samples[0]!;
    return seconds > first.seconds ? (records - first.records) / (seconds - first.seconds) : 0;
  }
}

/** One line about a running topology, the most important parts first. */
export function progressText(name: string, snapshot: RunSnapshot, rate: number): string {
  const parts = [
    `${name}${snapshot.phase === 'running' ? '' : ` (${snapshot.phase})`}`,
    ...(snapshot.activity === null ? [] : [snapshot.activity]),
    `${shortCount(rate)} records/s`,
    `pending ${shortCount(snapshot.pending)}`,
    `lag ${snapshot.lag === null ? '–' : shortCount(snapshot.lag)}`,
    `p99 ${milliseconds(snapshot.latencyMs.p99)}`,
    `done ${shortCount(snapshot.acked)}`,
  ];
  const trouble: [string, number][] = [
    ['failed', snapshot.failed],
    ['timed out', snapshot.timedOut],
    ['dead letters', snapshot.deadLettered],
  ];
  for (const [label, value] of trouble) if (value > 0) parts.push(`${label} ${shortCount(value)}`);
  if (snapshot.blockedBy !== null) parts.push(`held up by ${snapshot.blockedBy}`);
  parts.push(duration(snapshot.seconds));
  return parts.join('  ');
}

/** Cuts at `width` characters, the last of which says that something is missing. */
export function truncate(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Shows progress until the returned function is called. */
export function showProgress(name: string, err: Output, snapshot: () => RunSnapshot): () => void {
  const meter = new RateMeter();
  const draw = () => {
    const now = snapshot();
    const text = progressText(name, now, meter.rate(now));
    if (err.isTerminal) void err.write(`${CLEAR_LINE}${truncate(text, err.columns() - 1)}`);
    else err.line(text);
  };
  const timer = setInterval(draw, err.isTerminal ? REDRAW_MS : PLAIN_LINE_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (err.isTerminal) void err.write(CLEAR_LINE);
  };
}
