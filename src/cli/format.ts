// Owns: numbers, durations and sizes as people read them. Pure; the same in every locale.

export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1.2 M`: three digits, for lines that must stay short. */
export function shortCount(value: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e4],
  ] as const) {
    if (value >= size) return `${digits(value / (unit === 'k' ? 1e3 : size))} ${unit}`;
  }
  return Math.round(value).toString();
}

/** Three significant digits. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(6, Math.max(0, 2 - magnitude)));
}

/** `–` where there is none yet. */
export function milliseconds(value: number | null): string {
  if (value === null) return '–';
  return value >= 1_000 ? `${digits(value / 1_000)} s` : `${digits(value)} ms`;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3_600);
  const pad = (part: number) => part.toString().padStart(2, '0');
  return hours === 0 ? `${minutes}:${pad(whole % 60)} min` : `${hours}:${pad(minutes)}:${pad(whole % 60)} h`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1_024 && unit < units.length - 1) {
    rest /= 1_024;
    unit++;
  }
  return `${unit === 0 ? rest : digits(rest)} ${units[unit]}`;
}
