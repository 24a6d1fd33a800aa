import { expect, test } from 'vitest';
import { AddressWindows } from './address-windows.ts';

const [lo, hi] = [0x1234_5678, 0x0bad_cafe];

test('who got in at the log-in counts for as long as the address goes on, of half an hour ago half', () => {
  const windows = new AddressWindows(1024);
  windows.open(lo, hi, 1000);
  for (let count = 0; count < 100; count++) windows.addLetIn(false);
  for (let count = 0; count < 300; count++) windows.addLetIn(true);
  expect(windows.people).toEqual({ letIn: 100, pagedIn: 300, forms: 0 });
  for (let second = 1000; second <= 2800; second += 50) windows.open(lo, hi, second);
  expect(windows.people.letIn).toBeGreaterThan(48);
  expect(windows.people.letIn).toBeLessThanOrEqual(50);
  // silent for longer than two minutes: it is another's now
  windows.open(lo, hi, 3000);
  expect(windows.people).toEqual({ letIn: 0, pagedIn: 0, forms: 0 });
});

test('thousands behind one address are counted, and each count stops where it is full', () => {
  const windows = new AddressWindows(1024);
  windows.open(lo, hi, 1000);
  for (let count = 0; count < 70_000; count++) {
    windows.addLetIn(false);
    if (count < 12_000) windows.addLetIn(true);
    windows.addForm();
  }
  expect(windows.people).toEqual({ letIn: 0xff_ffff / 256, pagedIn: 12_000, forms: 0xffff });
  windows.open(lo, hi, 1010);
  const { letIn, pagedIn, forms } = windows.people;
  expect(letIn / (0xff_ffff / 256)).toBeCloseTo(0.5 ** (10 / 1800), 6);
  expect(pagedIn / 12_000).toBeCloseTo(0.5 ** (10 / 1800), 6);
  expect(forms).toBe(0x7fff);
});

test('a form that was opened counts for some seconds', () => {
  const windows = new AddressWindows(1024);
  windows.open(lo, hi, 1000);
  for (let count = 0; count < 64; count++) windows.addForm();
  windows.open(lo, hi, 1010);
  expect(windows.people.forms).toBe(32);
  windows.open(lo, hi, 1090);
  expect(windows.people.forms).toBe(0);
});
