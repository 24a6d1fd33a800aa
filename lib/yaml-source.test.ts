import { expect, test } from 'vitest';
import { readYaml } from './yaml-source.ts';

const text = `plain: a > b && c
single: 'x == ''y'' && zed'
double: "x == \\"y\\" && zed"
folded: >
  one > 2
  && two
list: [{deep: word}]
`;
const yaml = readYaml('f.yaml', text);
const placeOf = (path: PropertyKey[], part: string): string => {
  const value = path.reduce<unknown>(
    (node, key) => (node as { [key: PropertyKey]: unknown })[key],
    yaml.value,
  );
  return yaml.place(yaml.characterAt(path, (value as string).indexOf(part)));
};

test('finds characters behind quotes, escapes and folded lines', () => {
  expect(placeOf(['plain'], 'c')).toBe('f.yaml:1:17');
  expect(placeOf(['single'], 'zed')).toBe('f.yaml:2:24');
  expect(placeOf(['double'], 'zed')).toBe('f.yaml:3:24');
  expect(placeOf(['folded'], 'one')).toBe('f.yaml:5:3');
  expect(placeOf(['folded'], 'two')).toBe('f.yaml:6:6');
});

test('finds keys and values at any depth', () => {
  expect(yaml.place(yaml.keyAt(['list', 0, 'deep']))).toBe('f.yaml:7:9');
  expect(yaml.place(yaml.valueAt(['list', 0, 'deep']))).toBe('f.yaml:7:15');
  expect(yaml.place(yaml.valueAt(['list', 0, 'absent']))).toBe('f.yaml:7:8');
  expect(yaml.place(yaml.valueAt([]))).toBe('f.yaml');
});
