// Owns: a topology that copies ids from one topic to another and counts them by id, slowly enough to be killed on the way.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Out, topic, topology } from 'millrace';

const t = topology('copy', {
  settings: {
    pauseMs: 2,
    /** Ids that are divisible by it make the bolt throw; 0 for none. */
    refuse: 0,
  },
});

/** Records are an id and padding, so that a chunk of the input holds few of them. */
const ids = t.spout('ids', topic('ids', { decode: (record) => Number(record.text().split(' ', 1)[0]) }));

const slow = t.bolt('slow', ids.shuffle(), {
  concurrency: 8,
  queueCapacity: 8,
  async execute(id, out: Out<number>, { settings }) {
    await sleep(settings.pauseMs);
    if (settings.refuse > 0 && id % settings.refuse === 0) throw new Error(`refuses ${id}`);
    out.emit(id);
  },
});

const counted = t.bolt(
  'count',
  slow.by((id) => id),
  {
    state: { seen: 0 },
    execute(id, out: Out<number>, { state }) {
      state.seen.update(id, (n) => n + 1);
      out.emit(id);
    },
  },
);

t.sink('done', counted, topic('done'), { batch: 16 });

export default t;
