import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { startGuarded } from './guarded-process.ts';
import { findJava, findMaven, minimumJava } from './java.ts';
import { resolveArtifacts } from './maven-artifacts.ts';

export const registryVersion = '3.0.9';
const startTimeoutMs = 60_000;

export interface LocalRegistry {
  /** Confluent-compatible endpoint. */
  readonly url: string;
  readonly description: string;
  stop(): Promise<void>;
}

/** Starts a real Apicurio Registry with its data in memory, on a free loopback port. For tests. */
export async function startLocalRegistry(options: {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<LocalRegistry> {
  const { dataDir, env } = options;
  const [java, maven] = await Promise.all([findJava(env), findMaven(env)]);
  if (java === null) throw new Error(`Java ${minimumJava} or later is needed for a local registry`);
  if (maven === null) throw new Error('Maven is needed to fetch Apicurio Registry');
  const home = await resolveArtifacts({
    maven,
    env,
    folder: join(options.cacheDir, `apicurio-registry-${registryVersion}`),
    transitive: false,
    artifacts: [
      {
        group: 'io.apicurio',
        artifact: 'apicurio-registry-app',
        version: registryVersion,
        type: 'tar.gz',
        classifier: 'all',
      },
    ],
  });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const [port = 0] = await freePorts(1);
  const server = startGuarded({
    name: 'registry',
    cwd: dataDir,
    env,
    logFile: join(dataDir, 'registry.log'),
    command: [
      java.path,
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.log.level=WARN',
      '-jar',
      join(home, `apicurio-registry-app-${registryVersion}-runner.jar`),
    ],
  });
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const deadline = Date.now() + startTimeoutMs;
  while (server.running() && Date.now() < deadline) {
    const answered = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered)
      return { url, description: `Apicurio Registry ${registryVersion} (local)`, stop: server.stop };
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await server.stop();
  throw new Error(await server.exited);
}
