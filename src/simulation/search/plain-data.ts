// Owns: copying and writing down an object whose state is plain data: numbers, strings, booleans, undefined, arrays, typed arrays, Maps,
// Sets and objects of these, also of classes. Not here: what the data means.
// Invariants: a copy shares nothing that can change with its original, except what `shared` names; functions are shared.
// Two objects have equal texts only if they are equal in all that `skipped` does not name.

export interface PlainDataRules {
  /** Fields that are taken over as they are: they never change. */
  readonly shared: ReadonlySet<string>;
  /** Fields that a copy gets afresh. */
  readonly reset: ReadonlyMap<string, unknown>;
  /** Fields that the text leaves out. */
  readonly skipped: ReadonlySet<string>;
  /** Fields of which the text tells something else. */
  readonly rewritten: ReadonlyMap<string, (field: unknown) => unknown>;
  /** Fields with arrays of which neither the order nor repetitions matter. */
  readonly bags: ReadonlySet<string>;
}

/** A copy with the same classes. Two ways to one object lead to one copy. */
export function copyOf<T>(value: T, rules: PlainDataRules): T {
  return copy(value, rules, new Map()) as T;
}

function copy(value: unknown, rules: PlainDataRules, copies: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const array: unknown[] = [];
    copies.set(value, array);
    for (const element of value) array.push(copy(element, rules, copies));
    return array;
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    copies.set(value, map);
    for (const [key, element] of value) map.set(copy(key, rules, copies), copy(element, rules, copies));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set<unknown>();
    copies.set(value, set);
    for (const element of value) set.add(copy(element, rules, copies));
    return set;
  }
  const object = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>;
  copies.set(value, object);
  for (const [name, field] of Object.entries(value)) {
    if (rules.reset.has(name)) object[name] = rules.reset.get(name);
    else object[name] = rules.shared.has(name) ? field : copy(field, rules, copies);
  }
  return object;
}

/** One line that tells the whole value. Maps and Sets are told by rising text, as their order does not matter. */
export function textOf(value: unknown, rules: PlainDataRules): string {
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : `${value}`;
  if (value instanceof Uint8Array) return `<${value.join()}>`;
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element, rules)).join()}]`;
  if (value instanceof Map || value instanceof Set) return bagText([...value], rules);
  let text = '{';
  for (const [name, field] of Object.entries(value)) {
    if (rules.skipped.has(name)) continue;
    const shown = rules.rewritten.get(name)?.(field) ?? field;
    const told = rules.bags.has(name) ? bagText(shown as readonly unknown[], rules) : textOf(shown, rules);
    text += `${name}:${told},`;
  }
  return `${text}}`;
}

function bagText(elements: readonly unknown[], rules: PlainDataRules): string {
  const texts = new Set(elements.map((element) => textOf(element, rules)));
  return `(${[...texts].sort().join()})`;
}
