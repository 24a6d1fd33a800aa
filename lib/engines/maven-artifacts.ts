import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const downloadTimeoutMs = 10 * 60_000;

/** `group:artifact:version`, with `:type:classifier` where it is not the plain jar. */
export interface MavenArtifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly type?: string;
  readonly classifier?: string;
}

const plugin = 'org.apache.maven.plugins:maven-dependency-plugin';
const transitiveVersion = '3.8.1';
/** Fetches a file without reading its descriptor; later versions fail where a parent descriptor is not published. */
const singleVersion = '2.8';

function coordinates({ group, artifact, version, type, classifier }: MavenArtifact): string {
  return [group, artifact, version, type ?? 'jar', ...(classifier === undefined ? [] : [classifier])].join(
    ':',
  );
}

function pom(artifacts: readonly MavenArtifact[]): string {
  const dependencies = artifacts.map(
    ({ group, artifact, version, type, classifier }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
      (type === undefined ? '' : `<type>${type}</type>`) +
      (classifier === undefined ? '' : `<classifier>${classifier}</classifier>`) +
      '</dependency>',
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>io.tidegate</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies>
</project>
`;
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd, env, timeout: downloadTimeoutMs, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else {
          const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('ERROR'));
          reject(new Error(`${command}: ${lines.slice(0, 5).join('\n') || error.message}`));
        }
      },
    );
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * A folder with the artifacts and, unless `transitive` is false, everything they need; resolved with Maven once and
 * moved into place whole, so that an interrupted download leaves nothing half done.
 */
export async function resolveArtifacts(options: {
  readonly maven: string;
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly artifacts: readonly MavenArtifact[];
  readonly transitive?: boolean;
}): Promise<string> {
  const { folder } = options;
  if (await exists(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const work = `${folder}.${process.pid}-${randomUUID()}.tmp`;
  await mkdir(work);
  try {
    await writeFile(join(work, 'pom.xml'), pom(options.artifacts));
    const goals =
      options.transitive === false
        ? options.artifacts.map((artifact) => [
            `${plugin}:${singleVersion}:copy`,
            `-Dartifact=${coordinates(artifact)}`,
          ])
        : [[`${plugin}:${transitiveVersion}:copy-dependencies`, '-DincludeScope=runtime']];
    for (const goal of goals)
      await run(
        options.maven,
        ['--batch-mode', '--quiet', ...goal, `-DoutputDirectory=${work}`],
        work,
        options.env,
      );
    for (const archive of (await readdir(work)).filter((name) => name.endsWith('.tar.gz'))) {
      await run('tar', ['xzf', archive], work, options.env);
      await rm(join(work, archive));
    }
    await rename(work, folder).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await exists(folder))) throw error;
      await rm(work, { recursive: true, force: true });
    });
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return folder;
}
