import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Campaign } from '../../lib/contracts/generated.ts';
import { formatIp } from '../../lib/ip.ts';
import type { Log, Tail } from '../../lib/log/log.ts';
import { createLogger } from '../../lib/observability/logger.ts';
import { createProtection } from '../../services/actuator/decider/protection.ts';
import { describedEdges } from '../../services/actuator/describe-plan.ts';
import { configuredBook, protectionOptions, startActuator } from '../../services/actuator/main.ts';
import { startArchiver } from '../../services/archiver/main.ts';
import { collectFiles, inspectFiles } from '../../services/collector/collect-files.ts';
import { formatConfig } from '../../services/collector/config.ts';
import { startConsole } from '../../services/console/main.ts';
import { startDetector } from '../../services/detector/main.ts';
import { dataStatus } from '../../services/enricher/data-status.ts';
import { startEnricher } from '../../services/enricher/main.ts';
import { attributionsOf } from '../attributions.ts';
import { rootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';
import { findPlaces } from '../places.ts';
import { isSurge } from '../replay/crowds.ts';
import { ServiceGroup, stopSignal } from '../run-services.ts';
import { announceRunning, operatorToken } from '../running.ts';
import { openRuntime } from '../runtime.ts';
import { count, percent, styled, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { type DemoNginx, startDemoNginx } from './demo-nginx.ts';
import { createDemoScore, demoEdge } from './demo-score.ts';
import { writeDemoTraffic } from './demo-traffic.ts';
import { renderDemoTable } from './render-demo.ts';

export interface DemoOptions {
  readonly once: boolean;
  readonly seed: number;
  readonly durationMs: number;
  readonly logKind: 'auto' | 'kafka' | 'memory';
  readonly banner: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
}

/** How long the pipeline may take after the last line before the demo is called a failure. */
const drainLimitMs = 180_000;

/** Runs the showcase through every service and measures it. Throws ExitError 1 when the pipeline does not finish. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { terminal, env } = options;
  const started = performance.now();
  const out = (text: string): void => void process.stdout.write(`${text}\n`);
  const done = (subject: string, text: string): void =>
    out(` ${styled(terminal, 'green', '✓')} ${subject.padEnd(14)} ${text}`);
  const progress = (text: string): void => {
    if (terminal.interactive) process.stdout.write(`\r\u001b[K ${text}`);
  };
  const folder = resolve('.demo');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (options.banner) out(`Tidegate ${version} · node ${process.versions.node}\n`);

  const signal = stopSignal();
  const logger = createLogger({
    service: 'demo',
    version,
    level: 'info',
    destination: pino.destination({ dest: join(folder, 'demo.log'), sync: true }),
  });
  const base = rootConfig.parse({ console: { port: 0 }, ops: { port: 0 } });
  const closers: (() => Promise<void>)[] = [];
  const group = new ServiceGroup(logger);
  try {
    const runtime = await openRuntime({
      config: base,
      service: 'demo',
      env,
      logKind: options.logKind,
      clickhouse: true,
      logger,
      stateFolder: folder,
      onProgress: progress,
    });
    closers.push(() => runtime.close());
    const { context } = runtime;
    progress('');
    if (terminal.interactive) process.stdout.write('\r');
    done('event log', `${runtime.log.description}   ${runtime.log.reason}`);
    done('store', runtime.clickhouse!.description);
    const sets = await dataStatus(base.enricher);
    const oldest = Math.max(0, ...sets.map(({ age_days: days }) => days ?? 0));
    done(
      'data',
      `${sets.filter(({ starter }) => starter).length} starter sets, up to ${oldest} days old: demo only   proxy feeds: none`,
    );
    const nginx: DemoNginx | null = await startDemoNginx(join(folder, 'nginx'), env, findPlaces(env).cache);
    if (nginx !== null) closers.push(() => nginx.stop());
    done(
      'edge',
      nginx === null
        ? 'nginx not found → decisions API only (`apt install nginx` for a real one)'
        : `nginx ${nginx.version} at ${nginx.url}, armed: it is the demo’s own`,
    );

    const endMs = Math.floor(Date.now() / 60_000) * 60_000;
    const traffic = await writeDemoTraffic({
      file: join(folder, 'traffic.ndjson'),
      seed: options.seed,
      startMs: endMs - options.durationMs,
      durationMs: options.durationMs,
      onProgress: (share, events) => progress(`traffic  ${percent(share, 0)}   ${count(events)} requests`),
    });
    if (terminal.interactive) process.stdout.write('\r\u001b[K');
    done(
      'traffic',
      `${count(traffic.events)} requests of ${options.durationMs / 60_000} min, seed ${options.seed}`,
    );

    const actuatorConfig = rootConfig.shape.actuator.parse({
      api: { port: 0 },
      edges: [
        { kind: 'feed', name: 'feed', dry_run: false },
        ...(nginx === null ? [] : [{ kind: 'nginx', name: 'demo-nginx', dry_run: false, ...nginx.edge }]),
      ],
    });
    const score = createDemoScore();
    await group.start(startArchiver(context, base.archiver, runtime.clickhouse!));
    const actuator = await group.start(startActuator(context, actuatorConfig));
    await group.start(
      startDetector(context, base.detector, {
        onEvaluated: (event, { standing }) => score.evaluated(event, standing),
      }),
    );
    await group.start(startEnricher(context, base.enricher));
    const page = await group.start(
      startConsole(
        context,
        { ...base.console, token: operatorToken(folder) },
        {
          clickhouse: runtime.clickhouse!,
          status: () => ({ log: runtime.log.description, edges: actuator.edges() }),
          edges: describedEdges(actuator),
          attributions: await attributionsOf(base),
        },
      ),
    );
    closers.push(async () => forget());
    const forget = announceRunning(folder, { pid: process.pid, consoleUrl: page.url });
    if (!options.once) done('console', styled(terminal, 'bold', page.url));
    out('');

    let crowdUntil = 0;
    const tails = await listen(context.log, {
      decision: (decision) => score.decision(decision),
      campaign: (campaign) => {
        // a sale is one crowd, however many endpoints it fills
        if (isSurge(campaign) && campaign.opened_at < crowdUntil) return;
        if (isSurge(campaign)) crowdUntil = campaign.opened_at + crowdMs;
        if (terminal.interactive) process.stdout.write('\r\u001b[K');
        out(campaignLine(campaign, terminal));
      },
    });
    closers.push(...tails.map((tail) => () => tail.close()));

    const runStarted = performance.now();
    let lines = 0;
    const collecting = collectFiles(context, base.collector, {
      files: await inspectFiles([traffic.file], formatConfig.parse({ format: 'ndjson' })),
      sites: base.sites,
      onProgress: (state) => {
        lines = state.lines;
        const at = state.lastAt === null ? '' : new Date(state.lastAt).toISOString().slice(11, 19);
        const rate = count((lines / (performance.now() - runStarted)) * 1000);
        progress(
          `${at}  read ${count(lines)} of ${count(traffic.events)}   ${rate}/s   judged ${count(score.requests)}`,
        );
      },
    });
    const failure = group.failure();
    failure.catch(() => {});
    const aborted = signal.then((name) => Promise.reject(new ExitError(130, `stopped by ${name}`)));
    aborted.catch(() => {});
    const collected = await Promise.race([collecting, failure, aborted]);
    await Promise.race([drained(context.log, score, collected.accepted, progress), failure, aborted]);
    if (terminal.interactive) process.stdout.write('\r\u001b[K');
    const seconds = (performance.now() - runStarted) / 1000;

    const exempt = createProtection(protectionOptions(actuatorConfig), configuredBook(actuatorConfig)).exempt(
      null,
      0,
    );
    out(`\n${renderDemoTable(score.result(traffic.labels, exempt), traffic.incidents, score.decisions)}\n`);
    out(
      ` ${count(collected.accepted)} requests in ${seconds.toFixed(1)} s (${count(collected.accepted / seconds)}/s through every service), ${collected.rejected + collected.late + collected.future} dead letters.`,
    );
    out(
      ` Honest = labelled by the generator; stopped includes challenged and throttled. Simulated edge: ${demoEdge.delayMs / 1000} s after a decision, open loop.`,
    );
    if (nginx !== null)
      out(` ${await probe(nginx, score.examples(traffic.labels, await listedAt(nginx.edge.file)))}`);
    out('');
    out(
      ' Everything above is in ClickHouse:   npx tidegate sql "select campaign_id, title, state from campaigns"',
    );
    out(' Why was it stopped?                  npx tidegate explain <campaign or decision id>');
    out(' Now your own log (nothing is blocked, nothing leaves this machine):');
    out('                                      npx tidegate replay /var/log/nginx/access.log\n');
    if (!options.once) {
      out(` Console: ${styled(terminal, 'bold', page.url)}   Ctrl-C ends everything.`);
      await Promise.race([signal, failure]);
    }
  } finally {
    await group.stop();
    for (const close of closers.reverse()) await close();
  }
  const total = (performance.now() - started) / 1000;
  done(
    'done',
    `in ${Math.floor(total / 60)} m ${Math.round(total % 60)} s, everything stopped.  Remove: rm -rf .demo`,
  );
}

/** Surges that open within this time of the first are of one crowd. */
const crowdMs = 5 * 60_000;

function campaignLine(campaign: Campaign, terminal: Terminal): string {
  const at = new Date(campaign.opened_at).toISOString().slice(11, 19);
  const simulated = campaign.mode === 'simulate';
  const active = campaign.state === 'active';
  const what = active
    ? `${simulated ? 'would ' : ''}${campaign.applied_action}, ${campaign.signatures.filter(({ until_at: until }) => until === null).length} signatures${simulated ? ' (simulated)' : ''}`
    : campaign.state;
  return ` ${at}  ${styled(terminal, active && !simulated ? 'red' : 'yellow', campaign.title)}  ${what}\n           ${styled(terminal, 'dim', campaign.reason)}`;
}

/** Decisions as they are made, and each campaign when it first shows and when it first acts. */
async function listen(
  log: Log,
  listener: {
    decision(decision: Parameters<ReturnType<typeof createDemoScore>['decision']>[0]): void;
    campaign(campaign: Campaign): void;
  },
): Promise<Tail[]> {
  const shown = new Set<string>();
  return [
    await log.tail({
      topic: 'decisions',
      from: 'earliest',
      onBatch: ({ records }) => {
        for (const { value } of records) listener.decision(value);
      },
    }),
    await log.tail({
      topic: 'campaigns',
      from: 'earliest',
      onBatch: ({ records }) => {
        for (const record of records) {
          if (record.type !== 'Campaign' || record.value.state === 'ended' || record.value.state === 'merged')
            continue;
          const key = `${record.value.campaign_id}/${record.value.state}`;
          if (shown.has(key)) continue;
          shown.add(key);
          listener.campaign(record.value);
        }
      },
    }),
  ];
}

/** Every accepted request is judged, every verdict decided, and everything archived. */
async function drained(
  log: Log,
  score: { readonly requests: number },
  accepted: number,
  progress: (text: string) => void,
): Promise<void> {
  const deadline = performance.now() + drainLimitMs;
  const behind = async (
    group: string,
    topic: 'verdicts' | 'requests.enriched' | 'decisions' | 'campaigns',
  ): Promise<number> => {
    const { endOffsets } = await log.status(topic);
    const committed = await log.committed(group, topic);
    return endOffsets.reduce(
      (sum, end, partition) => sum + Math.max(0, end - (committed[partition]?.offset ?? 0)),
      0,
    );
  };
  for (;;) {
    const open = accepted - score.requests;
    const waiting =
      open > 0
        ? open
        : (await behind('tidegate.decider', 'verdicts')) +
          (await behind('tidegate.archiver', 'requests.enriched')) +
          (await behind('tidegate.archiver', 'campaigns')) +
          (await behind('tidegate.archiver', 'decisions'));
    if (waiting === 0) return;
    progress(`finishing   ${count(Math.max(0, open))} to judge, ${count(open > 0 ? 0 : waiting)} to store`);
    if (performance.now() > deadline) {
      throw new ExitError(
        1,
        `the pipeline did not finish: ${count(open)} requests to judge, ${count(waiting)} records behind (.demo/demo.log)`,
      );
    }
    await sleep(100);
  }
}

/** Addresses that the edge's include names now: those of campaigns that a rule stops are not among them. */
async function listedAt(file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return new Set([...text.matchAll(/^\s*(\d+\.\d+\.\d+\.\d+)\/32 dec_/gm)].map((match) => match[1]!));
}

/** Asks the real edge with a listed attacker's address and with an honest one. */
async function probe(
  nginx: DemoNginx,
  examples: { stopped: Buffer | null; served: Buffer | null },
): Promise<string> {
  const ask = async (ip: Buffer, expected: number): Promise<number> => {
    let status = 0;
    for (let attempt = 0; attempt < 30; attempt++) {
      status = await nginx.status(formatIp(ip));
      if (status === expected) break;
      await sleep(100);
    }
    return status;
  };
  const parts: string[] = [];
  if (examples.stopped !== null) parts.push(`a listed attacker ${await ask(examples.stopped, 403)}`);
  if (examples.served !== null) parts.push(`an honest client ${await ask(examples.served, 200)}`);
  return `nginx ${nginx.version} answers ${parts.join(', ')}.`;
}
