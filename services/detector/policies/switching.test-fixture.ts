import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicySet, PolicyText } from '../../../lib/contracts/generated.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { crowd, inOrder, random, type Sketch, stuffing } from '../traffic.test-fixture.ts';
import { leadMs, makePolicySet } from './policy-set.ts';

export const start = Date.UTC(2026, 10, 2, 9);
export const second = 1000;
const attackAt = start + 180 * second;
export const switchAt = start + 192 * second;

/** Three minutes of people, then half a minute of stuffing. */
export function switchingStream(): Sketch[] {
  const attack = stuffing({ next: random(3), from: attackAt, until: attackAt + 30 * second });
  for (let at = attackAt; at < attackAt + 25 * second; at += 300)
    attack.push({ ...attack[0]!, at, ip: '45.1.1.1', session: `y${at}`, account: 'v1' });
  return inOrder(crowd({ seed: 4, from: start, until: attackAt + 40 * second, visits: () => 4 }), attack);
}

const changedFile = 'credential-stuffing.yaml';

/** The shipped files, one of them changed; null: without it. */
function shipped(change: (text: string) => string | null): PolicyText[] {
  const folder = inPackage('policies');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const changed = name === changedFile ? change(text) : text;
      return changed === null ? [] : [{ name, text: changed }];
    });
}

const setOf = (files: readonly PolicyText[], effectiveAt = switchAt): PolicySet =>
  makePolicySet({ files, effectiveAt, now: effectiveAt - leadMs, who: 'test', reason: 'test' });

/** Its campaign goes on with a challenge. */
export const changedSet: PolicySet = setOf(
  shipped((text) => text.replace(/kind: block\b/, 'kind: challenge')),
);
/** The policy that finds the attack is not in it. */
export const setWithout: PolicySet = setOf(shipped(() => null));
