import { defineConfig } from 'vitest/config';

/** For what has to come. A machine that does much else is slow by a factor of ten: limits are for what hangs. */
const patience = { poll: { timeout: 15_000 } };
const slow = ['**/*.integration.test.ts', 'test/e2e/**/*.test.ts'];
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{lib,services,cli,test,scripts}/**/*.test.ts'],
          exclude: slow,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: patience,
        },
      },
      {
        test: {
          name: 'integration',
          include: slow,
          exclude: ['node_modules/**', 'dist/**'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          expect: patience,
          fileParallelism: false,
        },
      },
    ],
  },
});
