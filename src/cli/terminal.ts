// Owns: where the command writes, whether it may use colours, and what happens when nobody reads any more.
// Not here: what is written. Invariant: results go to standard output, everything else to standard error.

import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** One output stream as commands see it. */
export interface Output {
  readonly isTerminal: boolean;
  /** Characters per line; 80 where the stream is no terminal. */
  columns(): number;
  /** Writes `text` and a line end. */
  line(text?: string): void;
  /** Writes `text` as it is. Resolves when there is room for more. */
  write(text: string | Uint8Array): Promise<void>;
  /** Colours `text`, or leaves it where colours are off. */
  style(style: Style, text: string): string;
}

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
}

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };
type Environment = Readonly<Record<string, string | undefined>>;

/** https://no-color.org: any value but the empty one turns colours off. */
export function coloursWanted(isTerminal: boolean, environment: Environment): boolean {
  const noColour = environment['NO_COLOR'];
  if (noColour !== undefined && noColour !== '') return false;
  return isTerminal && environment['TERM'] !== 'dumb';
}

export function output(stream: Stream, environment: Environment): Output {
  const isTerminal = stream.isTTY === true;
  const coloured = coloursWanted(isTerminal, environment);
  return {
    isTerminal,
    columns: () => stream.columns ?? 80,
    line(text = '') {
      stream.write(`${text}\n`);
    },
    write(text) {
      if (stream.write(text)) return Promise.resolve();
      return new Promise((resolve) => stream.once('drain', resolve));
    },
    style: (style, text) => (coloured ? paint(style, text) : text),
  };
}

function paint(style: Style, text: string): string {
  // Newer Node versions ask a stream of their own choice whether it takes colours; we have asked the right one.
  const styled = styleText as (format: Style, text: string, options: { validateStream: boolean }) => string;
  return styled(style, text, { validateStream: false });
}

/**
 * The real terminal. When the reader of standard output has gone (`| head`), `onReaderGone` is called; what is written to
 * a closed standard error is lost quietly, for a run must not die because nobody watches it.
 */
export function processTerminal(onReaderGone: () => void): Terminal {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    onReaderGone();
  });
  process.stderr.on('error', () => {});
  return { out: output(process.stdout, process.env), err: output(process.stderr, process.env) };
}

/** Resolves when all that was written has left the process. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
