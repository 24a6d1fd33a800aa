// A reporter of vitest for scripts/test.js: counts, and everything that failed, be it a test, a hook, a file that does
// not load or an error that nobody caught. (The JSON reporter of vitest knows tests only: where a beforeAll throws, its
// tests count as skipped and nothing as failed.)
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './setup.js';

export const reportFile = join(root, '.tidegate', 'test-report.json');

export default class TestReport {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failures = [];
    const failed = (what, errors) =>
      failures.push({ what, why: errors.map(({ stack, message }) => stack || message).join('\n') });
    for (const module of modules) {
      const file = module.relativeModuleId;
      const before = failures.length;
      if (module.errors().length > 0) failed(file, module.errors());
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) failed(`${file}: ${suite.fullName}`, suite.errors());
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        count[state]++;
        if (state === 'failed') failed(`${file}: ${test.fullName}`, errors);
      }
      if (module.state() === 'failed' && failures.length === before)
        failed(file, [{ message: 'failed, and vitest does not say why' }]);
    }
    for (const error of unhandledErrors) failed('an error that nothing caught', [error]);
    const { passed, skipped, pending } = count;
    mkdirSync(dirname(reportFile), { recursive: true });
    writeFileSync(reportFile, JSON.stringify({ passed, skipped: skipped + pending, failures }));
  }
}
