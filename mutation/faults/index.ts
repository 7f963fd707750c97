// Owns: the list of all planted faults. A later part of the engine adds its own file here, with its own area.

import type { Fault } from '../fault.ts';
import { ACCEPTING } from './acceptor.ts';
import { DISK_AND_DRIVER } from './disk.ts';
import { DURABILITY } from './durability.ts';
import { ELECTING } from './election.ts';
import { LEADING } from './leader.ts';
import { MEMBERSHIP } from './membership.ts';
import { PROPOSING } from './proposer.ts';

export const FAULTS: readonly Fault[] = [
  ...DURABILITY,
  ...ACCEPTING,
  ...PROPOSING,
  ...LEADING,
  ...MEMBERSHIP,
  ...ELECTING,
  ...DISK_AND_DRIVER,
];
