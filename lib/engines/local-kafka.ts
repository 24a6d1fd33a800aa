import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { findJava, findMaven, minimumJava } from './java.ts';
import { resolveArtifacts } from './maven-artifacts.ts';

export const kafkaVersion = '4.4.0';
const scalaVersion = '2.13';
const startTimeoutMs = 60_000;
const portAttempts = 3;

export interface LocalKafka {
  readonly brokers: readonly string[];
  /** `Apache Kafka 4.4.0 (local, 127.0.0.1:39123)` */
  readonly description: string;
  /** Resolves with the reason when the broker has ended. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** A broker small enough to live beside everything else on two cores. */
function properties(dataDir: string, port: number, controllerPort: number): string {
  return `${Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dataDir, 'log'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'num.replica.fetchers': 1,
    'num.recovery.threads.per.data.dir': 1,
    'background.threads': 2,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'log.segment.bytes': 64 * 1024 * 1024,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}

/** Resolves true when the broker answers an ApiVersions request. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', () => end(true));
    // length 10, api key 18, version 0, correlation id 1, no client id
    socket.once('connect', () => socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex')));
  });
}

async function isFormatted(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'log', 'meta.properties')).then(
    () => true,
    () => false,
  );
}

/** The id kept in the folder. One that starts with a dash, which Kafka would read as an option, is replaced. */
export async function clusterId(dataDir: string): Promise<string> {
  const file = join(dataDir, 'cluster-id');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known !== '' && !known.startsWith('-')) return known;
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  bytes[0] = bytes[0]! & 0x7f; // base64url begins with a dash from 0xf8 on
  const id = bytes.toString('base64url');
  await writeFile(file, id);
  return id;
}

/**
 * Starts a real single-node Apache Kafka on free loopback ports, with its data in `dataDir`. Its jars are fetched with
 * Maven once and kept in `cacheDir`. Rejects with what is missing, or with the last lines of the broker's own log.
 */
export async function startLocalKafka(options: {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port?: number;
  readonly onProgress?: (message: string) => void;
}): Promise<LocalKafka> {
  const { dataDir, cacheDir, env, onProgress = () => {} } = options;
  const java = await findJava(env);
  if (java === null) throw new Error(`Java ${minimumJava} or later is needed for a local Kafka`);
  const libraries = join(cacheDir, `kafka-${kafkaVersion}`);
  const maven = await findMaven(env);
  if (maven === null) throw new Error('Maven is needed to fetch Apache Kafka');
  onProgress(`fetching Apache Kafka ${kafkaVersion} (once)`);
  await resolveArtifacts({
    maven,
    env,
    folder: libraries,
    artifacts: [
      { group: 'org.apache.kafka', artifact: `kafka_${scalaVersion}`, version: kafkaVersion },
      { group: 'org.slf4j', artifact: 'slf4j-simple', version: '1.7.36' },
    ],
  });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const id = await clusterId(dataDir);
  const configuration = join(dataDir, 'server.properties');
  const javaCommand = (heap: string, main: string, ...args: string[]): string[] => [
    java.path,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-cp',
    join(libraries, '*'),
    main,
    ...args,
  ];
  const guarded = (name: string, command: readonly string[], logFile: string): GuardedProcess =>
    startGuarded({ name, command, cwd: dataDir, env, logFile: join(dataDir, logFile) });

  for (let attempt = 1; ; attempt++) {
    const [free = 0, controllerPort = 0] = await freePorts(2);
    const port = options.port ?? free;
    await writeFile(configuration, properties(dataDir, port, controllerPort));
    onProgress('starting Apache Kafka');
    if (!(await isFormatted(dataDir))) {
      const format = guarded(
        'kafka format',
        javaCommand(
          '128m',
          'kafka.tools.StorageTool',
          'format',
          '--ignore-formatted',
          '-t',
          id,
          '-c',
          configuration,
        ),
        'format.log',
      );
      const formatted = await format.exited;
      if (!formatted.includes('exit code 0')) throw new Error(formatted);
    }
    const broker = guarded('kafka', javaCommand('512m', 'kafka.Kafka', configuration), 'server.log');
    const failure = await untilReady(broker, port);
    if (failure === null)
      return {
        brokers: [`127.0.0.1:${port}`],
        description: `Apache Kafka ${kafkaVersion} (local, 127.0.0.1:${port})`,
        exited: broker.exited,
        stop: broker.stop,
      };
    await broker.stop();
    if (options.port !== undefined || attempt >= portAttempts || !failure.includes('Address already in use'))
      throw new Error(failure);
  }
}

/** null when the broker answers, else why it does not. */
async function untilReady(broker: GuardedProcess, port: number): Promise<string | null> {
  const deadline = Date.now() + startTimeoutMs;
  while (broker.running()) {
    if (await answers(port)) return null;
    if (Date.now() > deadline) return `Apache Kafka did not answer within ${startTimeoutMs / 1000} s`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return broker.exited;
}
