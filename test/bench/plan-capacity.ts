import { parseNetwork } from '../../lib/ip.ts';
import type { Candidate } from '../../services/actuator/planner/candidate.ts';
import { planCapacity } from '../../services/actuator/planner/plan-capacity.ts';
import { type Figure, figureOf, timed } from './bench.ts';

const count = 1_000_000;
const slots = 10_000;
const goodRequests = 1_000_000;
const limits = { slots: [slots, 100], collateral: goodRequests / 1000, keepAbove: 0.97 };

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

/** A million addresses of which few send much and one in twenty is shared with good clients, /24s among them, rules. */
function candidates(random: () => number): Candidate[] {
  const all: Candidate[] = [];
  // Rules first, with fractions: V8 converts the objects it made before it first saw a fraction in a field at their next
  // use, once in the life of a process. That is a second for a million of them, and no planning.
  for (let index = 0; index < 40; index++)
    all.push({
      key: `rule ${index}`,
      pool: 1,
      stops: 100_000 * random(),
      collateral: Math.floor(200 * random()),
      slots: 1,
      network: null,
      campaigns: [`c${index}`],
      coverage: 0.9 + 0.1 * random(),
      pinned: false,
    });
  const add = (text: string, stops: number, collateral: number, campaign: string | null): void => {
    all.push({
      key: text,
      pool: 0,
      stops,
      collateral,
      slots: 1,
      network: parseNetwork(text)!,
      campaigns: campaign === null ? [] : [campaign],
      coverage: 0,
      pinned: false,
    });
  };
  for (let index = 0; all.length < count - 10_000; index++) {
    const text = `${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${index % 251}`;
    const collateral = random() < 0.05 ? Math.ceil(4 * random()) : 0;
    add(text, Math.ceil(1 / (random() + 0.0005)), collateral, `c${index % 40}`);
  }
  for (let index = 0; index < 10_000; index++) {
    const text = `${11 + (index >> 12)}.${(index >> 4) & 255}.${(index * 16) & 255}.0/24`;
    add(text, Math.ceil(20 / (random() + 0.005)), Math.floor(20 * random()), null);
  }
  return all;
}

/** A million candidates into 10,000 slots, and once more after 1 % of them changed. */
export async function planAMillion(): Promise<readonly Figure[]> {
  const random = randomFrom(7);
  const before = candidates(random);
  // What making the candidates left behind is not part of planning.
  globalThis.gc?.();
  const first = await timed(() => planCapacity(before, limits));
  const held = new Set(first.result.chosen.map(({ key }) => key));
  const after = before.flatMap((each) =>
    random() >= 0.01 ? [each] : random() < 0.3 ? [] : [{ ...each, stops: each.stops * (0.5 + random()) }],
  );
  globalThis.gc?.();
  const second = await timed(() => planCapacity(after, limits, held));
  const came = second.result.chosen.filter(({ key }) => !held.has(key)).length;
  const went = held.size - (second.result.chosen.length - came);
  const parameters = { candidates: count, slots, rules: 40 };
  const ofFirst = figureOf(parameters, first.cpuSeconds);
  const ofSecond = figureOf(parameters, second.cpuSeconds);
  return [
    ofFirst('plan', first.seconds, 's'),
    ofFirst('plan_share_of_bound', first.result.stops / first.result.atMost, ''),
    ofSecond('plan_after_change', second.seconds, 's'),
    ofSecond('slots_changed', Math.max(came, went) / slots, ''),
  ];
}
