import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateIPSetCommand,
  GetIPSetCommand,
  type GetIPSetCommandOutput,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import { counterpartsFolder, findBinary } from './counterpart.ts';
import { freePort, until } from './free-port.ts';
import { startProcess } from './process.ts';

/** Path of moto_server (a stand-in for AWS APIs), or null. */
export function findMoto(): string | null {
  const own = join(counterpartsFolder, 'moto', 'bin', 'moto_server');
  return existsSync(own) ? own : findBinary('moto_server');
}

export interface RunningMoto {
  readonly url: string;
  output(): string;
  stop(): Promise<void>;
}

/**
 * A fresh moto server. It keeps WAFv2's lock tokens and unknown items truthfully, but checks no address, no capacity and
 * throttles nobody: put a fault proxy in front of it for those.
 */
export async function startMoto(): Promise<RunningMoto> {
  const binary = findMoto();
  if (binary === null) throw new Error('moto_server not found: run scripts/install-counterparts.sh');
  const port = await freePort();
  const process = startProcess(binary, ['-H', '127.0.0.1', '-p', String(port)]);
  const url = `http://127.0.0.1:${port}`;
  await until(
    'moto answers',
    async () => {
      if (process.child.exitCode !== null) throw new Error(process.output());
      return (await fetch(`${url}/moto-api/data.json`)).ok;
    },
    60_000,
  );
  return { url, output: process.output, stop: () => process.stop() };
}

/** What moto believes of anybody. */
export const motoRegion = 'eu-west-1';
export const motoWaf = ({ url }: RunningMoto): WAFV2Client =>
  new WAFV2Client({
    region: motoRegion,
    endpoint: url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

/** An IP set as the configuration of an edge names it. */
export interface NamedIpSet {
  readonly name: string;
  readonly id: string;
}
export async function makeIpSet(
  waf: WAFV2Client,
  name: string,
  version: 'IPV4' | 'IPV6',
  more: { readonly addresses?: string[]; readonly description?: string } = {},
): Promise<NamedIpSet> {
  const { Summary } = await waf.send(
    new CreateIPSetCommand({
      Name: name,
      Scope: 'REGIONAL',
      IPAddressVersion: version,
      Addresses: more.addresses ?? [],
      Description: more.description,
    }),
  );
  return { name, id: Summary!.Id! };
}
export const readIpSet = (waf: WAFV2Client, { name, id }: NamedIpSet): Promise<GetIPSetCommandOutput> =>
  waf.send(new GetIPSetCommand({ Name: name, Id: id, Scope: 'REGIONAL' }));
export async function ipSetAddresses(waf: WAFV2Client, set: NamedIpSet): Promise<string[]> {
  return [...((await readIpSet(waf, set)).IPSet!.Addresses ?? [])].sort();
}
