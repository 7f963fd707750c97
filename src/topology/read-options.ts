// Owns: reading options that an author gave: numbers in their range, error policies, unknown and doubled names.

import type { Issues } from './issues.ts';
import { ERROR_POLICIES, type NumberRule, obeys, rangeOf } from './option-rules.ts';
import type { ErrorPolicy } from './plan.ts';
import { isObject } from './records.ts';
import { listed, shown } from './shown.ts';

export type Options = Readonly<Record<string, unknown>>;

/** The last argument of a builder call: those of its options that are `known`. */
export function readOptions(
  given: unknown,
  known: readonly string[],
  where: string | null,
  issues: Issues,
): Options {
  if (given === undefined) return {};
  if (!isObject(given) || Array.isArray(given)) {
    issues.add(
      where,
      `its options are ${shown(given)}`,
      'Give an object such as { parallelism: 2 }, or nothing.',
    );
    return {};
  }
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name)) options[name] = value;
    else issues.add(where, `there is no option '${name}' here`, `Options are ${listed(known)}.`);
  }
  return options;
}

/** The numbers that `rules` names; where one is absent or out of range, its default. */
export function readNumbers<R extends Readonly<Record<string, NumberRule>>>(
  options: Options,
  rules: R,
  where: string | null,
  issues: Issues,
): { readonly [K in keyof R]: number } {
  const numbers: Record<string, number> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = options[name];
    if (value !== undefined && !obeys(rule, value)) {
      issues.add(where, `${name} is ${shown(value)}`, `Give ${rangeOf(rule)}.`);
    }
    numbers[name] = value !== undefined && obeys(rule, value) ? value : rule.default;
  }
  return numbers as { [K in keyof R]: number };
}

export function readErrorPolicy(options: Options, where: string, issues: Issues): ErrorPolicy {
  const value = options['onError'];
  if (value === undefined) return 'fail';
  const policy = ERROR_POLICIES.find((one) => one === value);
  if (policy === undefined)
    issues.add(where, `onError is ${shown(value)}`, `Give one of ${listed(ERROR_POLICIES)}.`);
  return policy ?? 'fail';
}
