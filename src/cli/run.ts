// Owns: `millrace run`. Not here: the engine (runtime/), what is printed while it runs and at the end.

import { constants } from 'node:os';
import { resolve } from 'node:path';
import { ERROR_CODES, EXIT } from '../base/error-codes.ts';
import { MillraceError } from '../base/errors.ts';
import { AVAILABLE_GUARANTEES, GUARANTEES, type Guarantee } from '../delivery/guarantee.ts';
import type { Run, RunSummary } from '../runtime/run-types.ts';
import { type Command, type CommandInput, type OptionValues, usage } from './command.ts';
import { DATA_OPTION, SET_OPTION } from './common-options.ts';
import { watchLauncher } from './launcher-watch.ts';
import { loadPlan } from './load-plan.ts';
import { findFile } from './load-topology.ts';
import { LOG_LEVEL_OPTION, loggerFor } from './logger.ts';
import { showProgress } from './run-progress.ts';
import { summaryJson, summaryText } from './run-summary.ts';
import { showError } from './show-error.ts';
import { nearest } from './suggest.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_GUARANTEE: Guarantee = 'at-least-once';
/** After a second signal the run has this long to let go of its files. */
const STOP_LIMIT_MS = 5_000;

export const runCommand: Command = {
  name: 'run',
  argumentsHelp: 'FILE',
  summary: 'Runs the topology that FILE exports.',
  positionals: [1, 1],
  options: {
    guarantee: {
      type: 'string',
      value: 'G',
      help: `${AVAILABLE_GUARANTEES.join(' or ')} (default ${DEFAULT_GUARANTEE})`,
    },
    data: DATA_OPTION,
    'until-end': { type: 'boolean', help: 'stop when all that was in the sources at the start is done' },
    duration: { type: 'string', value: 'S', help: 'drain and stop after S seconds' },
    set: SET_OPTION,
    'drop-state': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'forget the stored state of a component, or one state of it (component.state)',
    },
    json: { type: 'boolean', help: 'the last line of standard output is one JSON object with the result' },
    quiet: { type: 'boolean', help: 'no progress, only errors and the result' },
    'check-types': { type: 'boolean', help: 'check the types of FILE first, as millrace check does' },
    'log-level': LOG_LEVEL_OPTION,
  },
  notes: [
    'The first SIGINT (Ctrl-C) or SIGTERM drains: what is in flight is finished and the positions are stored. A second one',
    'stops at once. The next run with the same data folder goes on where this one stopped.',
  ],
  examples: [
    'millrace run word-count.ts --until-end',
    'millrace run word-count.ts --guarantee at-most-once --duration 10 --json',
  ],
  run: runTopology,
};

async function runTopology({ positionals, options, terminal, host }: CommandInput): Promise<number> {
  const guarantee = guaranteeOf(options);
  const durationSeconds = options.number('duration', 0);
  const logger = loggerFor(runCommand, options);
  const file = await findFile(positionals[0]!);
  if (options.flag('check-types')) await (await import('./type-check.ts')).assertTypes(file, terminal);
  const plan = await loadPlan(runCommand, file, options.list('set'), host);
  const [{ createRun }, { systemClock }] = await Promise.all([
    import('../runtime/run.ts'),
    import('./system-clock.ts'),
  ]);
  const run = createRun({
    plan,
    guarantee,
    dataDir: resolve(options.text('data') ?? DATA_OPTION.default),
    untilEnd: options.flag('until-end'),
    ...(durationSeconds === undefined ? {} : { durationMs: durationSeconds * 1_000 }),
    dropState: options.list('drop-state'),
    logger,
    clock: systemClock(),
  });
  const signals = drainOnSignal(run, terminal, options.flag('quiet'), () => run.snapshot().phase === 'ended');
  const forgetLauncher = watchLauncher((signal) => process.kill(process.pid, signal));
  const hideProgress = options.flag('quiet')
    ? () => {}
    : showProgress(plan.name, terminal.err, () => run.snapshot());
  let summary: RunSummary;
  try {
    summary = await run.start();
  } finally {
    hideProgress();
    forgetLauncher();
    signals.dispose();
  }
  terminal.out.line(options.flag('json') ? summaryJson(summary) : summaryText(summary, terminal.out));
  if (summary.error !== null) showError(summary.error, terminal);
  return exitCodeOf(summary, signals.stoppedBy());
}

/** Throws MR_USAGE for a word that is no guarantee, MR_GUARANTEE_UNSUPPORTED for one that this version cannot give. */
function guaranteeOf(options: OptionValues): Guarantee {
  const text = options.text('guarantee') ?? DEFAULT_GUARANTEE;
  const guarantee = GUARANTEES.find((name) => name === text);
  if (guarantee === undefined) {
    const guess = nearest(text, GUARANTEES);
    throw usage(runCommand, `There is no guarantee "${text}".`, {
      expected: guess === undefined ? AVAILABLE_GUARANTEES.join(' or ') : `perhaps ${guess}`,
    });
  }
  if (AVAILABLE_GUARANTEES.includes(guarantee)) return guarantee;
  throw new MillraceError(
    'MR_GUARANTEE_UNSUPPORTED',
    `This version cannot run ${guarantee}: it comes with the store.`,
    {
      expected: AVAILABLE_GUARANTEES.join(' or '),
      got: guarantee,
      next: `run it with --guarantee ${DEFAULT_GUARANTEE}`,
    },
  );
}

interface Signals {
  /** The signal that stopped the run at once, if one did. */
  stoppedBy(): NodeJS.Signals | undefined;
  dispose(): void;
}

/**
 * First signal: drain. Second: stop. Third, or a stop that takes too long: the end. Where `isOver` says that the drain
 * would come too late, because components are being closed already, the first one stops.
 */
export function drainOnSignal(
  run: Pick<Run, 'drain' | 'stop'>,
  { err }: Terminal,
  quiet: boolean,
  isOver: () => boolean = () => false,
): Signals {
  let received = 0;
  let stoppedBy: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    received += received === 0 && isOver() ? 2 : 1;
    if (received === 1) {
      if (!quiet)
        err.line(
          `${err.isTerminal ? '\r\u001b[K' : ''}${signal}: finishing what is in flight; once more stops at once`,
        );
      run.drain();
    } else if (received === 2) {
      stoppedBy = signal;
      setTimeout(() => process.exit(signalExitCode(signal)), STOP_LIMIT_MS).unref();
      run.stop();
    } else process.exit(signalExitCode(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    stoppedBy: () => stoppedBy,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

export function exitCodeOf(
  summary: Pick<RunSummary, 'status' | 'error'>,
  signal: NodeJS.Signals | undefined,
): number {
  switch (summary.status) {
    case 'completed':
    case 'drained':
      return EXIT.ok;
    case 'stopped':
      return signal === undefined ? EXIT.failed : signalExitCode(signal);
    case 'stalled':
      return EXIT.stalled;
    case 'failed':
      return summary.error === null ? EXIT.failed : ERROR_CODES[summary.error.code];
  }
}
