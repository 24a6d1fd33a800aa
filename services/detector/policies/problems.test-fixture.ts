import { ConfigError } from '../../../lib/config.ts';
import { compilePolicy } from './load-policies.ts';

/** What is wrong with a policy file, `p.yaml`; nothing: it compiles. */
export function problemsOf(text: string): readonly string[] {
  try {
    compilePolicy('p.yaml', text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
