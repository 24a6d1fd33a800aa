import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inPackage } from '../../../lib/package-root.ts';
import { groups } from '../groups.ts';
import { compilePolicy } from '../policies/load-policies.ts';
import { behaviours } from './catalogue.ts';

const folder = inPackage('services', 'detector', 'behaviours');

test('every file of the folder is in the catalogue', () => {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !/(^(behaviour|catalogue)|\.test)\.ts$/.test(name))
    .map((name) => name.slice(0, -3));
  expect(behaviours.map(({ name }) => name).sort()).toEqual(files.sort());
});

describe.each(behaviours)('$name', ({ name, features, groups: kinds, needs, tags }) => {
  const path = join('policies', 'behaviours', `${name}.yaml`);
  const policy = compilePolicy(path, readFileSync(inPackage(path), 'utf8'));

  test('has a policy in which it is the measure', () => {
    const used = policy.features.map(({ spec }) => `${spec.type} ${'of' in spec ? spec.of : ''}`);
    const own = features.map(({ type, of }) => (type === 'variable' ? null : `${type} ${of ?? ''}`));
    expect(own.some((feature) => feature === null || used.includes(feature))).toBe(true);
    expect(kinds).toContain(policy.scope);
  });

  test('the policy says what it needs and which taxonomy it stands for', () => {
    expect(policy.document.requires).toEqual(needs);
    expect(policy.document.tags).toEqual(tags);
    expect(policy.document.mode).toBe('simulate');
  });

  test('groups exist', () => {
    for (const kind of kinds) expect(groups[kind]).toBeDefined();
  });
});
