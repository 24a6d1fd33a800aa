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
});
