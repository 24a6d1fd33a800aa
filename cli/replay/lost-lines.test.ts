import { describe, expect, it } from 'vitest';
import { lostLines, mostlyLost } from './lost-lines.ts';

const lines = (more: { rejected?: number; late?: number; future?: number }) => {
  const lost = { rejected: 0, late: 0, future: 0, ...more };
  return { lines: 1000, accepted: 1000 - lost.rejected - lost.late - lost.future, ...lost };
};

describe('lines that were left out', () => {
  it('are no matter when they are few', () => {
    expect(lostLines(lines({ late: 25, future: 25, rejected: 50 }))).toEqual([]);
    expect(lostLines({ lines: 0, accepted: 0, rejected: 0, late: 0, future: 0 })).toEqual([]);
    expect(mostlyLost({ read: 1000, parsed: 500 })).toBeNull();
    expect(mostlyLost({ read: 0, parsed: 0 })).toBeNull();
  });
  it('in no order of time are told as one fault, with what to do', () => {
    const [text, ...others] = lostLines(lines({ late: 400, future: 300 }));
    expect(text).toMatch(
      /^700 of 1,000 lines \(70\.0 %\) are in no order of time.* about the other 300\. Sort them/,
    );
    expect(others).toEqual([]);
  });
  it('that could not be read are told beside them', () => {
    expect(lostLines(lines({ late: 100, rejected: 60 }))).toEqual([
      expect.stringContaining('100 of 1,000'),
      expect.stringMatching(/^60 of 1,000 lines \(6\.0 %\) could not be read .*--format/),
    ]);
  });
  it('are unreadable input when they are most of it', () => {
    expect(mostlyLost({ read: 1000, parsed: 499 })).toMatchObject({ code: 3 });
  });
});
