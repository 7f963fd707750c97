// Owns: which names topologies, components, streams, states and settings may have. Names become parts of file names,
// topic names, metric labels and command-line arguments, so they are narrow: letters, digits, '-', '_' and '.'.

/** Longest name, in characters: two of them and a suffix still fit into a topic name (249 in Kafka). */
export const MAX_NAME_LENGTH = 100;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const SETTING_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

export const NAME_RULE = `Use 1 to ${MAX_NAME_LENGTH} letters, digits, '-', '_' and '.', the first a letter or digit.`;
export const SETTING_NAME_RULE = `Use 1 to ${MAX_NAME_LENGTH} letters, digits, '-' and '_', the first a letter.`;

export function isValidName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/** Without '.', which separates a component from its option in `--set count.parallelism=4`. */
export function isValidSettingName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_NAME_LENGTH && SETTING_NAME.test(name);
}
