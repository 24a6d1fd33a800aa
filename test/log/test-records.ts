import type { Outgoing } from '../../lib/log/log.ts';

/** A tick whose `time` tells it apart, for tests of loops. */
export function testTick(partition: number, time: number): Outgoing<'requests.raw'> {
  return {
    topic: 'requests.raw',
    key: null,
    partition,
    type: 'Tick',
    value: {
      site: 'default',
      collector_id: 'test',
      source_class: 'live',
      time,
      watermark_at: time,
      closing: false,
    },
  };
}
