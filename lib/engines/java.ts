import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Java {
  /** Path of the executable. */
  readonly path: string;
  /** As the virtual machine says, for example `17.0.15`. */
  readonly version: string;
  readonly major: number;
}

/** Oldest Java that Apache Kafka 4 runs on. */
export const minimumJava = 17;
const probeTimeoutMs = 10_000;

async function executable(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    return path;
  } catch {
    return null;
  }
}

async function inPath(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = folder === '' ? null : await executable(join(folder, name));
    if (found !== null) return found;
  }
  return null;
}

/** Standard output and error of a command; null when it can not be run or fails. */
function output(path: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(path, args, { env, timeout: probeTimeoutMs }, (error, stdout, stderr) =>
      resolve(error === null ? stdout + stderr : null),
    );
  });
}

/** `java` of JAVA_HOME, else of PATH; null when there is none of version 17 or later. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Java | null> {
  const home = env['JAVA_HOME'];
  const candidates = [
    home === undefined || home === '' ? null : await executable(join(home, 'bin', 'java')),
    await inPath('java', env),
  ];
  for (const path of candidates) {
    if (path === null) continue;
    const text = await output(path, ['-version'], env);
    const version = /version "([^"]+)"/.exec(text ?? '')?.[1];
    const major = Number.parseInt(version ?? '', 10);
    if (version !== undefined && major >= minimumJava) return { path, version, major };
  }
  return null;
}

/** Path of `mvn`; null when there is none. */
export async function findMaven(env: NodeJS.ProcessEnv): Promise<string | null> {
  const home = env['MAVEN_HOME'];
  const fromHome = home === undefined || home === '' ? null : await executable(join(home, 'bin', 'mvn'));
  return fromHome ?? (await inPath('mvn', env));
}
