// Owns: reading and checking what concerns the topology itself: its name, engine options and settings.

import type { Issues } from './issues.ts';
import { isValidName, isValidSettingName, NAME_RULE, SETTING_NAME_RULE } from './names.ts';
import { ENGINE_RULES } from './option-rules.ts';
import type { EngineOptions } from './plan.ts';
import { type Options, readNumbers, readOptions } from './read-options.ts';
import { isObject, type TopologyRecord } from './records.ts';
import { shown } from './shown.ts';
import type { Settings } from './types.ts';

const TOPOLOGY_OPTIONS = [...Object.keys(ENGINE_RULES), 'settings'] as const;

export interface ReadTopology {
  readonly options: EngineOptions;
  readonly settings: Settings;
}

export function readTopology(
  record: TopologyRecord,
  engine: Options,
  settings: Settings,
  issues: Issues,
): ReadTopology {
  if (!isValidName(record.name)) {
    issues.add(null, `its name ${shown(record.name)} is not valid`, NAME_RULE);
  }
  const given = readOptions(record.options, TOPOLOGY_OPTIONS, null, issues);
  const options = readNumbers({ ...given, ...engine }, ENGINE_RULES, null, issues);
  if (options.retryBackoffMaxMs < options.retryBackoffMs) {
    issues.add(
      null,
      `retryBackoffMaxMs (${options.retryBackoffMaxMs}) is less than retryBackoffMs (${options.retryBackoffMs})`,
      'Make it as large, or larger.',
    );
  }
  return {
    options: Object.freeze(options),
    settings: Object.freeze({ ...readSettings(given['settings'], issues), ...settings }),
  };
}

function readSettings(given: unknown, issues: Issues): Settings {
  if (given === undefined) return {};
  if (!isObject(given) || Array.isArray(given)) {
    issues.add(
      null,
      `settings is ${shown(given)}`,
      'Give names and default values: settings: { minCount: 5 }.',
    );
    return {};
  }
  for (const [name, value] of Object.entries(given)) {
    if (!isValidSettingName(name)) {
      issues.add(null, `the setting name '${name}' is not valid`, SETTING_NAME_RULE);
    } else if (Object.hasOwn(ENGINE_RULES, name)) {
      issues.add(null, `the setting '${name}' has the name of an engine option`, 'Give it another name.');
    }
    if (!isSetting(value)) {
      issues.add(
        null,
        `the setting '${name}' is ${shown(value)}`,
        'Give a string, a finite number, true or false.',
      );
    }
  }
  return given as Settings;
}

function isSetting(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
