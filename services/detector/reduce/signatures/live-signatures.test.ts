import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Signature, Verdict } from '../../../../lib/contracts/generated.ts';
import { inPackage } from '../../../../lib/package-root.ts';
import { compilePolicy } from '../../policies/load-policies.ts';
import { termsOf } from '../../verdict.ts';
import { newCampaign, verdictsOn } from '../campaigns/open-campaign.ts';
import { inForce, type LiveSignature } from '../site/campaign-state.ts';
import { addSignatures, endVerdict, forgetEnded } from './live-signatures.ts';

const file = 'credential-stuffing.yaml';
const terms = termsOf(compilePolicy(file, readFileSync(inPackage('policies', file), 'utf8')));
const of = (country: string) => {
  const signature: Signature = {
    predicates: [{ attribute: 'country', op: 'in', values: [country] }],
    except_good: false,
    good_after: [],
  };
  return { signature, coverage: 0.9, lift: 50, collateral: 0, collateralUpper: 0.01 };
};
const campaign = () =>
  newCampaign({
    site: 'default',
    scope: { kind: 'endpoint', key: 'POST /login' },
    policy: terms,
    openedAt: 1000,
    effectiveFrom: 2000,
    behaviour: 'failing',
    baselineRung: 'own',
  });
const revisions = (all: readonly { readonly value: unknown }[]) =>
  all.map(({ value }) => (value as Verdict).revision);
const end = (live: LiveSignature, at: number): void => {
  live.untilAt = at;
  endVerdict(live, at);
};

test('what is in force is not put in force again, nor twice at once', () => {
  const open = campaign();
  expect(addSignatures(open, [of('ID'), of('ID'), of('VN')], 10, 3000)).toHaveLength(2);
  expect(addSignatures(open, [of('VN')], 10, 4000)).toEqual([]);
  expect(inForce(open).map(({ version }) => version)).toEqual([1, 2]);
});

test('a signature that ended and is found again goes on with the revisions of its verdict', () => {
  const open = campaign();
  const [first] = addSignatures(open, [of('ID')], 10, 3000);
  const said = verdictsOn(open, [first!], 3000);
  end(first!, 5000);
  said.push(...verdictsOn(open, [first!], 5000));
  const [again] = addSignatures(open, [of('ID')], 10, 9000);
  said.push(...verdictsOn(open, [again!], 9000));
  expect(revisions(said)).toEqual([1, 2, 3]);
  expect(new Set(said.map(({ value }) => (value as Verdict).verdict_id)).size).toBe(1);
  expect(again).toMatchObject({ version: 2, fromAt: 9000, untilAt: null });
});

test('under another policy it is another verdict, and under the first one again it goes on', () => {
  const open = campaign();
  const [live] = addSignatures(open, [of('ID')], 10, 3000);
  const said = verdictsOn(open, [live!], 3000);
  open.policy = { ...terms, hash: 'changed' };
  said.push(...verdictsOn(open, [live!], 4000));
  open.policy = terms;
  said.push(...verdictsOn(open, [live!], 5000));
  expect(revisions(said)).toEqual([1, 1, 2]);
});

test('an end is said once', () => {
  const open = campaign();
  const [live] = addSignatures(open, [of('ID')], 10, 3000);
  expect(endVerdict(live!, 5000)).toBe(true);
  expect(endVerdict(live!, 6000)).toBe(false);
  expect(live!.verdictUntilAt).toBe(5000);
});

test('what ended long ago is forgotten, and what ended first where it is too much; the newest and those in force stay', () => {
  const hour = 3_600_000;
  const open = campaign();
  const added = addSignatures(open, [of('ID'), of('VN'), of('BR'), of('DE')], 10, 3000);
  for (const live of added.slice(0, 2)) end(live, 5000);
  end(added[3]!, 6000);
  forgetEnded(open, 5000 + hour - 1);
  expect(open.signatures).toHaveLength(4);
  forgetEnded(open, 6000 + hour);
  expect(open.signatures.map(({ version }) => version)).toEqual([3, 4]);
  expect(addSignatures(open, [of('VN')], 10, 7000 + hour)[0]).toMatchObject({ version: 5 });
});

test('an attacker who changes his tools every minute does not make a record that no log takes', () => {
  const open = campaign();
  for (let minute = 1; minute <= 60; minute++) {
    const at = minute * 60_000;
    for (const live of addSignatures(open, [of(`${minute} ${'x'.repeat(60_000)}`)], 10, at))
      end(live, at + 30_000);
    forgetEnded(open, at + 30_000);
    expect(JSON.stringify(open.signatures).length).toBeLessThan(400_000);
  }
  expect(open.signatures.map(({ version }) => version)).toEqual([57, 58, 59, 60]);
});
