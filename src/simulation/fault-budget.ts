// Owns: how much may be broken at the same time so that the cluster must still be able to go on. Only memory counts:
// processes and links may all be down at once, for they come back, but what a disk forgot does not.
//
// The budget: of the members of the configuration in force, fewer than half may be impaired at one time. Impaired is a
// disk that is damaged and not repaired, lost and not replaced, or of a new member that has not caught up. A member that
// is being replaced counts as well, because its successor begins with nothing. With more than that, a decided entry may
// be gone from every disk that is left, and no protocol could go on rightly.

import type { Operator } from './operator.ts';
import type { ReplicaProcess } from './replica-process.ts';
import type { World } from './world/world.ts';

/** True if one more disk may be damaged or lost: that of `process`. */
export function mayImpair(world: World, operator: Operator, process: ReplicaProcess): boolean {
  const { members } = world.checks.log.configuration;
  let impaired = 0;
  for (const { id } of members) {
    const member = world.processOf(id);
    if (member === process || (member !== undefined && isImpaired(world, operator, member))) impaired++;
  }
  return members.some(({ id }) => id === process.id) && impaired <= (members.length - 1) >> 1;
}

/** True if nothing is impaired now. */
export function isWhole(world: World, operator: Operator): boolean {
  return world.checks.log.configuration.members.every(({ id }) => {
    const member = world.processOf(id);
    return member !== undefined && !isImpaired(world, operator, member);
  });
}

function isImpaired(world: World, operator: Operator, process: ReplicaProcess): boolean {
  const { disk } = process;
  return (
    disk.isImpaired ||
    process.mustNotVote ||
    operator.isReplacing(process) ||
    disk.length < world.checks.log.configurationStart
  );
}
