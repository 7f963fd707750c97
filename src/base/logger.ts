// Owns: the logger that engine code is given. The command line passes pino; tests pass `silentLogger`.

export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export function silentLogger(): Logger {
  return { debug() {}, info() {}, warn() {}, error() {} };
}
