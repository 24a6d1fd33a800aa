import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Predicate, Signature } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import type { Network } from '../../lib/ip.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { entryOf } from '../../services/actuator/desired.ts';
import type { Edge, Entry } from '../../services/actuator/edge.ts';
import { createNginxEdge, nginxConfig } from '../../services/actuator/edges/nginx.ts';
import { emptyNginxConfig } from '../../services/actuator/edges/nginx-config.ts';
import { type Plan, type ReconcileOptions, reconcile } from '../../services/actuator/reconcile.ts';
import { until } from './free-port.ts';
import { type RunningNginx, startNginx } from './nginx.ts';

/** For tests: a real nginx with its edge, entries for it, and requests to it. */

export const decision = (text: string) => stableId('decision', 'default', text);

function entry(target: Entry['target']): Entry {
  return {
    ...entryOf(target)!,
    target,
    action: 'block',
    decisionId: decision(target.value),
    site: 'default',
    level: 'high',
    reason: 'r',
    requests: 0,
    campaignIds: [],
    decidedAt: 0,
    updatedAt: 0,
    expiresAt: 1e15,
  };
}
export const address = (value: string) =>
  entry({ kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null });
export const rule = (...predicates: Predicate[]): Entry => {
  const signature: Signature = { predicates, except_good: false, good_after: [] };
  return entry({ kind: 'signature', value: canonicalSignature(signature), signature });
};
export const is = (attribute: string, op: string, ...values: string[]): Predicate => ({
  attribute,
  op,
  values,
});

export interface Sample {
  readonly ip: string;
  readonly method: string;
  readonly path: string;
  readonly endpoint: string;
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly referer: string | null;
  readonly cookie: boolean;
}
const plain: Sample = {
  ip: '203.0.113.50',
  method: 'GET',
  path: '/',
  endpoint: 'GET /',
  userAgent: 'Mozilla/5.0',
  language: 'de',
  referer: null,
  cookie: false,
};
export interface NginxFixture {
  readonly file: string;
  readonly edge: Edge;
  /** Networks that no rule may stop, read at every apply. */
  exempt: readonly Network[];
  ask(sample: Partial<Sample>): Promise<{ status: number; reference: string | undefined }>;
  status(sample: Partial<Sample>): Promise<number>;
  plan(...desired: Entry[]): Promise<Plan>;
  /** Makes the edge hold exactly these entries. */
  bring(...desired: Entry[]): Promise<void>;
  read(): string;
  stop(): Promise<void>;
}

export async function startNginxFixture(): Promise<NginxFixture> {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
  const file = join(dir, 'tidegate.conf');
  writeFileSync(file, emptyNginxConfig);
  const nginx: RunningNginx = await startNginx({
    dir,
    http: `  include ${file};`,
    server: `    if ($tidegate_block) { return 403; }
    add_header X-Reference-Id $tidegate_decision always;
    add_header X-Version $tidegate_version always;
    location / { return 200 "ok"; }`,
  });
  const config = nginxConfig.parse({
    kind: 'nginx',
    name: 'edge',
    dry_run: false,
    file,
    test: nginx.testCommand,
    reload: nginx.reloadCommand,
  });
  const signal = new AbortController().signal;
  const ask = (sample: Partial<Sample>): Promise<{ status: number; reference: string | undefined }> => {
    const { ip, method, path, userAgent, language, referer, cookie } = { ...plain, ...sample };
    const headers: { [name: string]: string } = { 'x-forwarded-for': ip };
    if (userAgent !== null) headers['user-agent'] = Buffer.from(userAgent, 'utf8').toString('latin1');
    if (language !== null) headers['accept-language'] = language;
    if (referer !== null) headers['referer'] = referer;
    if (cookie) headers['cookie'] = 'sid=1';
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: nginx.port, method, path, headers, agent: false },
        (response) => {
          response.resume();
          const reference = response.headers['x-reference-id'] as string | undefined;
          response.on('end', () => resolve({ status: response.statusCode!, reference }));
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  };
  const edge = createNginxEdge(config, {
    name: 'edge',
    isArmed: () => true,
    now: Date.now,
    exempt: () => fixture.exempt,
    ended: () => [],
  });
  const options: ReconcileOptions = {
    adopt: false,
    known: () => true,
    inexpressible: (each) => edge.inexpressible!(each),
    maxUnexplainedShare: 0.2,
    clientsOf: () => 'browser',
  };
  const fixture: NginxFixture = {
    file,
    edge,
    exempt: [],
    ask,
    status: async (sample) => (await ask(sample)).status,
    plan: async (...desired) => reconcile(desired, await edge.observe(signal), edge.descriptor, options),
    async bring(...desired) {
      await edge.apply(await fixture.plan(...desired), signal);
      const version = /\$tidegate_version \{ default "(\w+)"/.exec(fixture.read())![1];
      // After a reload the old worker answers for a moment.
      let answers = 0;
      await until('the new file is loaded', async () => {
        const response = await fetch(nginx.url, { headers: { connection: 'close' } });
        await response.arrayBuffer();
        answers = response.headers.get('x-version') === version ? answers + 1 : 0;
        return answers >= 3;
      });
    },
    read: () => readFileSync(file, 'utf8'),
    async stop() {
      await nginx.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return fixture;
}
