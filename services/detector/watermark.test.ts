import { describe, expect, it } from 'vitest';
import type { Tick } from '../../lib/contracts/generated.ts';
import { SourceClocks } from './watermark.ts';

const tick = (source_class: string, time: number, more: Partial<Tick> = {}): Tick => ({
  site: 'default',
  collector_id: 'c1',
  source_class,
  time,
  watermark_at: time - 1000,
  closing: false,
  ...more,
});

describe('the clock of a partition', () => {
  it('follows the slowest live class', () => {
    const clocks = new SourceClocks(60_000);
    expect(clocks.advance(tick('a', 10_000)).watermark).toBe(9000);
    expect(clocks.advance(tick('b', 20_000)).watermark).toBe(9000);
    expect(clocks.advance(tick('a', 30_000)).watermark).toBe(19_000);
  });

  it('retires a class that fell far behind, and never goes back when it returns', () => {
    const clocks = new SourceClocks(60_000);
    clocks.advance(tick('a', 10_000));
    expect(clocks.advance(tick('b', 80_000)).watermark).toBe(79_000);
    expect(clocks.advance(tick('a', 30_000)).watermark).toBe(79_000);
  });

  it('is released by a closing class, and says when the last one closed', () => {
    const clocks = new SourceClocks(60_000);
    clocks.advance(tick('a', 10_000));
    clocks.advance(tick('b', 20_000));
    expect(clocks.advance(tick('a', 10_000, { closing: true }))).toEqual({
      watermark: 19_000,
      closed: false,
    });
    expect(clocks.advance(tick('b', 21_000, { closing: true }))).toEqual({ watermark: 20_000, closed: true });
  });

  it('keeps sites apart and survives a snapshot', () => {
    const clocks = new SourceClocks(60_000);
    clocks.advance(tick('a', 10_000));
    clocks.advance(tick('a', 50_000, { site: 'other' }));
    const again = new SourceClocks(60_000, structuredClone(clocks.snapshot()));
    expect(again.watermark('default')).toBe(9000);
    expect(again.watermark('other')).toBe(49_000);
  });

  it('a leap of one collector retires the classes of others only when it is confirmed', () => {
    const minute = 60_000;
    const day = 1440 * minute;
    const of = (collector_id: string, time: number) => tick('http', time, { collector_id });
    const clocks = new SourceClocks(minute);
    clocks.advance(of('a', 10_000));
    clocks.advance(of('b', 10_000));
    expect(clocks.advance(of('b', day)).watermark).toBe(9000);
    for (let at = 11_000; at < 5 * minute; at += 1000) {
      clocks.advance(of('b', day + at));
      expect(clocks.advance(of('a', at)).watermark).toBe(at - 1000);
    }
    // nobody speaks against it any more
    clocks.advance(of('b', day + 6 * minute));
    expect(clocks.advance(of('b', day + 7 * minute)).watermark).toBe(day + 7 * minute - 1000);
    const agreed = new SourceClocks(minute);
    for (const collector of ['a', 'b', 'c']) agreed.advance(of(collector, 10_000));
    agreed.advance(of('b', day));
    expect(agreed.advance(of('c', day + 1000)).watermark).toBe(day - 1000);
  });

  it('of one collector follows its own leaps at once', () => {
    const clocks = new SourceClocks(60_000);
    clocks.advance(tick('a', 10_000));
    clocks.advance(tick('b', 10_000));
    expect(clocks.advance(tick('a', 86_400_000)).watermark).toBe(86_399_000);
  });

  it('forgets collectors that are silent for long', () => {
    const clocks = new SourceClocks(60_000);
    for (let pod = 0; pod < 200; pod++)
      clocks.advance(tick('http', pod * 60_000, { collector_id: `pod-${pod}` }));
    expect(clocks.snapshot().sites[0]![1].classes.length).toBeLessThan(15);
  });

  it('retires a site behind the others, wakes it by a tick, and forgets it when it is silent for long', () => {
    const clocks = new SourceClocks(60_000);
    clocks.advance(tick('a', 10_000, { site: 'old' }));
    clocks.advance(tick('a', 70_000));
    expect(clocks.site('old')!.live).toBe(true);
    clocks.advance(tick('a', 71_000));
    expect(clocks.site('old')!.live).toBe(false);
    clocks.advance(tick('a', 72_000, { site: 'old' }));
    expect(clocks.site('old')!.live).toBe(true);
    for (let at = 72_000; at < 1_500_000; at += 1000) clocks.advance(tick('a', at));
    expect([...clocks.names()]).toEqual(['default']);
  });
});
