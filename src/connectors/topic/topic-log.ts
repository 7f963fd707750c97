// Owns: sharing the embedded log, and one writer per topic, among the connectors of a run.

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
    await log.ensureTopic(name, options);
    return await log.writer(name);
  });
}
