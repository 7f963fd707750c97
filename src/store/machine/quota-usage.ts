// Owns: the text in which quotas keep limits and use, ZooKeeper's StatsTrack: `count=4,bytes=5=;countHardLimit=10`.
// Not here: what the numbers do (quota.ts).

/** Numbers by key; ZooKeeper knows count, bytes, countHardLimit and byteHardLimit. */
export type Usage = Map<string, number>;

const MAX_BYTES = 4_096;

/** Undefined if the text is in no such form. */
export function parseUsage(data: Uint8Array): Usage | undefined {
  const usage: Usage = new Map();
  if (data.length > MAX_BYTES) return undefined;
  const text = new TextDecoder().decode(data);
  if (text === '') return usage;
  for (const pair of text.split(/[,;]+/)) {
    if (pair === '') continue;
    const [key, value] = pair.split('=');
    if (key === undefined || value === undefined || !/^[+-]?\d{0,16}$/.test(value)) return undefined;
    usage.set(key, value === '' ? -1 : Number(value));
  }
  return usage;
}

/** Count and bytes first, with a second `=` before anything else: parsers of 3.4 stop there. */
export function formatUsage(usage: Usage): Uint8Array {
  let text = `count=${usage.get('count') ?? -1},bytes=${usage.get('bytes') ?? -1}`;
  const others = [...usage.keys()].filter((key) => key !== 'count' && key !== 'bytes').sort();
  if (others.length > 0) text += '=';
  for (const key of others) text += `;${key}=${usage.get(key)}`;
  return new TextEncoder().encode(text);
}
