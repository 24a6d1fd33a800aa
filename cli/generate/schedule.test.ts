import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEvent, type Due, due, type Journey } from './event.ts';
import { inOrder } from './schedule.ts';

const look = {
  userAgent: undefined,
  acceptLanguage: undefined,
  httpVersion: '2',
  tlsVersion: 'TLSv1.3',
  ja4: undefined,
  ja4Resumed: undefined,
};
const at = (time: number) => createEvent(time, '192.0.2.1', look, false, 'a.example', 'GET', '/');

function journey(times: readonly number[], children: readonly number[][] = []): Journey {
  function* steps(): Generator<Due, void> {
    for (const [index, time] of times.entries()) {
      const child = children[index];
      if (child !== undefined && child.length > 0)
        yield {
          at: time,
          event: null,
          journey: journey(child.map((later) => time + later).sort((a, b) => a - b)),
        };
      yield due(at(time));
    }
  }
  return { population: 'test', attack: false, steps: steps() };
}

it('brings every event of journeys and of journeys they start, in order of time', () => {
  const times = fc.array(fc.nat(1000), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(fc.tuple(times, fc.array(times, { maxLength: 3 })), { maxLength: 8 }), (plan) => {
      const out: number[] = [];
      for (const { due: item } of inOrder(plan.map(([own, children]) => journey(own, children))))
        if (item.event !== null) out.push(item.event.timestamp);
      const expected = plan.flatMap(([own, children]) => [
        ...own,
        ...own.flatMap((time, index) => (children[index] ?? []).map((later) => time + later)),
      ]);
      expect(out).toEqual([...expected].sort((a, b) => a - b));
    }),
  );
});
