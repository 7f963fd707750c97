// Owns: sharing the embedded log, and one writer per topic, among the connectors of a run.

import { MillraceError } from '../../base/errors.ts';
import { Log, type TopicOptions, type TopicWriter } from '../../log/index.ts';
import { LOG_RESOURCE } from '../../runtime/shared-resources.ts';
import type { ConnectorContext } from '../../topology/source.ts';

export function sharedLog(context: ConnectorContext): Promise<Log> {
  const { dataDir, clock, logger } = context;
  return context.shared(LOG_RESOURCE, () => Log.open({ dataDir, clock, logger }));
}

/** The writer of a topic, which is made if it is missing. */
export function sharedWriter(
  context: ConnectorContext,
  name: string,
  options: TopicOptions,
): Promise<TopicWriter> {
  return context.shared(`log/writer/${name}`, async () => {
    const log = await sharedLog(context);
    if (!(await topicExists(log, name))) await createIfMissing(log, name, options);
    return await log.writer(name);
  });
}

/** Another process may make it at the same time. */
async function createIfMissing(log: Log, name: string, options: TopicOptions): Promise<void> {
  try {
    await log.createTopic(name, options);
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'MR_TOPIC_EXISTS')) throw error;
  }
}

/** Looks at this topic alone: another one that cannot be read is no reason to stop. Throws MR_TOPIC_INVALID for a name that is none. */
export async function topicExists(log: Log, name: string): Promise<boolean> {
  try {
    await log.describeTopic(name);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR_TOPIC_NOT_FOUND') return false;
    throw error;
  }
}
