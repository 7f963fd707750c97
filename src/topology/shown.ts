// Owns: how a value that an author gave is shown in a message. Invariant: one line, bounded length, never throws.

const MAX_SHOWN = 80;

export function shown(value: unknown): string {
  const text = textOf(value).replace(/\s+/g, ' ');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'function':
      // A class may have a static member `name` of any type.
      return typeof value.name === 'string' && value.name !== ''
        ? `the function ${value.name}`
        : 'a function';
    case 'bigint':
      return `${value}n`;
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
    default:
      return String(value);
  }
}

/** A name in quotes; what is no string is shown as it is. */
export function quoted(name: unknown): string {
  return typeof name === 'string' ? `'${name}'` : shown(name);
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
