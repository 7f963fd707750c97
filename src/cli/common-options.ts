// Owns: the options that several commands share, so that they mean and say the same everywhere.

import type { OptionSpec } from './command.ts';

export const DATA_OPTION: OptionSpec & { readonly default: string } = {
  type: 'string',
  value: 'DIR',
  default: './.millrace',
  help: 'data folder with topics, positions and state (default ./.millrace)',
};

export const SET_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME=VALUE',
  multiple: true,
  help: 'change a setting of the topology; may be given several times',
};
