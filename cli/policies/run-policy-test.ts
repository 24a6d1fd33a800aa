import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../../lib/config.ts';
import type { Campaign, Verdict } from '../../lib/contracts/generated.ts';
import { formatDuration } from '../../lib/duration.ts';
import { createLogger } from '../../lib/observability/logger.ts';
import { inspectFiles } from '../../services/collector/collect-files.ts';
import { formatConfig } from '../../services/collector/config.ts';
import { loadPolicies, type Policy } from '../../services/detector/policies/load-policies.ts';
import {
  type Bound,
  type GeneratedInput,
  holds,
  type PolicyTest,
} from '../../services/detector/policies/test-schema.ts';
import { type RootConfig, rootConfig } from '../config.ts';
import { edgePresets } from '../replay/edge-presets.ts';
import { runOpenLoop } from '../replay/run-open-loop.ts';
import { version } from '../version.ts';
import { type TestRequest, testTraffic } from './test-traffic.ts';

export interface PolicyTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** One line for each expectation that does not hold. */
  readonly failures: readonly string[];
  readonly figures: Figures;
}

/** What was made of the traffic. */
export interface Figures {
  readonly requests: number;
  readonly campaigns: number;
  readonly acting: number;
  readonly verdicts: number;
  readonly decisions: number;
  readonly first_block_after_ms: number | null;
  readonly attack: number;
  readonly attack_stopped: number | null;
  readonly honest: number;
  readonly honest_stopped: number | null;
  readonly reasons: readonly string[];
  readonly scopes: readonly string[];
}

const laterMs = 30_000;

/**
 * Runs one test of a policy: its traffic goes through the same services as in replay, with this policy alone (and those
 * that the test names), as if it were enforced (a policy in `simulate` can prove itself before it is armed). `file`: of the
 * policy, inputs are beside it. Throws ConfigError for what is wrong with its traffic or with a policy that it names.
 */
export async function runPolicyTest(
  policy: Policy,
  file: string,
  test: PolicyTest,
): Promise<PolicyTestResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-policy-'));
  try {
    const attacks = new Set<number>();
    let input: string;
    if (typeof test.input === 'string') input = resolve(dirname(file), test.input);
    else {
      input = join(folder, 'input.ndjson');
      const traffic = trafficOf(file, test.name, test.input);
      traffic.forEach(({ attack }, position) => {
        if (attack) attacks.add(position);
      });
      writeFileSync(input, traffic.map(({ event }) => `${JSON.stringify(event)}\n`).join(''));
    }
    const others = test.with.flatMap((name) => loadPolicies(resolve(dirname(file), name)));
    const openapi =
      test.openapi === undefined ? [] : [{ file: resolve(dirname(file), test.openapi), hosts: [] }];
    const config = rootConfig.parse({ enricher: { openapi } });
    const enforced = [policy, ...others].map(asEnforced);
    const figures = await measure(enforced, config, input, test.warm_up ?? 0, (position) =>
      attacks.has(position),
    );
    const failures = failuresOf(test.expect, figures);
    return { name: test.name, passed: failures.length === 0, failures, figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with the traffic of a test names the file and the test. */
function trafficOf(file: string, name: string, input: GeneratedInput): readonly TestRequest[] {
  try {
    return testTraffic(input);
  } catch (error) {
    throw new ConfigError([`${file}: tests: ${JSON.stringify(name)}: ${(error as Error).message}`]);
  }
}

function asEnforced(policy: Policy): Policy {
  return { ...policy, document: { ...policy.document, mode: 'enforce' } };
}

/** `policies`: the one that is tested first. */
async function measure(
  policies: readonly Policy[],
  config: RootConfig,
  input: string,
  warmUpMs: number,
  isAttack: (position: number) => boolean,
): Promise<Figures> {
  const edge = edgePresets.find(({ name }) => name === 'generic')!;
  const own = policies[0]!.document.id;
  const campaigns = new Map<string, Campaign>();
  const acting = new Set<string>();
  const verdicts = new Map<string, Verdict>();
  const decisions = new Set<string>();
  let [requests, attack, attackLater, attackStopped, honest, honestStopped] = [0, 0, 0, 0, 0, 0];
  let firstAttackAt: number | null = null;
  let firstStopAt: number | null = null;
  await runOpenLoop({
    config,
    policies,
    files: await inspectFiles([input], formatConfig.parse({ format: 'ndjson' })),
    defaultHost: 'unknown',
    edge,
    delayMs: edge.delayMs,
    slots: edge.entries,
    warmUpMs,
    logger: createLogger({ service: 'policies', version, level: 'error' }),
    listener: {
      campaign(campaign) {
        if (campaign.policy_id !== own) return;
        campaigns.set(campaign.campaign_id, campaign);
        if (campaign.applied_action !== 'observe') acting.add(campaign.campaign_id);
      },
      verdict: (verdict) => {
        if (verdict.policy_id === own) verdicts.set(verdict.verdict_id, verdict);
      },
      decision: (decision) => {
        decisions.add(decision.decision_id);
      },
      settled(event, _good, { outcome }, position) {
        const { timestamp } = event.request;
        const stopped = outcome !== 'allowed';
        requests++;
        if (!isAttack(position)) {
          honest++;
          if (stopped) honestStopped++;
          return undefined;
        }
        attack++;
        firstAttackAt ??= timestamp;
        if (stopped) firstStopAt ??= timestamp;
        if (timestamp < firstAttackAt + laterMs) return undefined;
        attackLater++;
        if (stopped) attackStopped++;
        return undefined;
      },
    },
  });
  return {
    requests,
    campaigns: campaigns.size,
    acting: acting.size,
    verdicts: verdicts.size,
    decisions: decisions.size,
    first_block_after_ms: firstStopAt === null || firstAttackAt === null ? null : firstStopAt - firstAttackAt,
    attack,
    attack_stopped: attackLater === 0 ? null : attackStopped / attackLater,
    honest,
    honest_stopped: honest === 0 ? null : honestStopped / honest,
    scopes: [...new Set([...campaigns.values()].flatMap(({ scopes }) => scopes.map(({ key }) => key)))],
    reasons: [...campaigns.values(), ...verdicts.values()].map(({ reason }) => reason),
  };
}

function failuresOf(expected: PolicyTest['expect'], figures: Figures): string[] {
  const failures: string[] = [];
  const counts = ['campaigns', 'acting', 'verdicts', 'decisions'] as const;
  for (const name of counts) {
    const bound = expected[name];
    if (bound !== undefined && !holds(bound, figures[name]))
      failures.push(`${name}: expected ${said(bound, '')}, got ${figures[name]}`);
  }
  for (const name of ['attack_stopped', 'honest_stopped'] as const) {
    const bound = expected[name];
    if (bound === undefined) continue;
    const share = figures[name];
    if (share === null || !holds(bound, share))
      failures.push(
        `${name}: expected ${said(bound, '%')}, got ${share === null ? 'no such requests' : percent(share)}`,
      );
  }
  const { first_block_within: within, reason, scope } = expected;
  const after = figures.first_block_after_ms;
  if (within !== undefined && (after === null || after > within))
    failures.push(
      `first_block_within: expected ${formatDuration(within)}, ${after === null ? 'nothing was stopped' : `took ${formatDuration(after)}`}`,
    );
  if (scope !== undefined && !figures.scopes.some((key) => key.includes(scope)))
    failures.push(`scope: none has ${JSON.stringify(scope)}`);
  if (reason !== undefined && !figures.reasons.some((text) => text.includes(reason)))
    failures.push(`reason: none says ${JSON.stringify(reason)}`);
  return failures;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(3))}%`;
const said = ({ op, value }: Bound, unit: '' | '%'): string =>
  `${op === '=' ? '' : `${op} `}${unit === '%' ? percent(value) : value}`;
