import { isV4Network, parseNetwork } from '../../../lib/ip.ts';
import { EdgeError } from '../edge.ts';
import { networkName } from '../entry-name.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { addressName } from '../vendor/vendor-entries.ts';
import type { AwsWafClient, SetState } from './aws-waf-client.ts';

/** How AWS is reached, and when it may be written to next. */
export interface AwsWafAccess {
  client(): Promise<AwsWafClient>;
  /** Resolves when the account may be sent another update. */
  pace(signal: AbortSignal): Promise<void>;
}

export function newSet(
  kind: SetState['kind'],
  given: { readonly name: string; readonly id: string },
): SetState {
  return { kind, name: given.name, id: given.id, lockToken: null, description: undefined };
}

/** Replaces the content of a set, under the lock token of the last read. */
export async function writeSet(
  access: AwsWafAccess,
  set: SetState,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const address of addresses) checkAddress(set, address);
  if (addresses.length > 10_000)
    throw new EdgeError('full', `IP set ${set.name}: ${addresses.length} addresses`);
  await access.pace(signal);
  await (await access.client()).update(set, addresses, signal);
}

/** Addresses carry no mark, so whatever was never decided counts as foreign. */
export function ipSetPart(access: AwsWafAccess, set: SetState, capacity: number): EdgePart {
  return {
    pool: { name: `set ${set.name}`, holds: [set.kind], capacity },
    async observe(signal) {
      const addresses = await (await access.client()).read(set, signal);
      return {
        entries: addresses.map((address) => ({
          ...addressName(address),
          owner: 'unmarked',
          decisionId: null,
          action: null,
          expiresAt: null,
        })),
        damaged: null,
      };
    },
    async apply({ content, retained }, signal) {
      const values = [...content, ...retained].map((entry) => entry.value);
      await writeSet(access, set, [...new Set(values)], signal);
    },
  };
}

/** AWS answers a bad address with an error for the whole set: refuse it here, by name. */
function checkAddress(set: SetState, address: string): void {
  const network = parseNetwork(address);
  const isAll = network !== null && (network.prefix === 0 || (isV4Network(network) && network.prefix === 96));
  if (network === null || networkName(network).kind !== set.kind || isAll)
    throw new EdgeError('invalid', `IP set ${set.name} can not hold ${JSON.stringify(address)}`);
}
