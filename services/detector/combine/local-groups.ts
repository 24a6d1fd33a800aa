import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { clientAddress, formatIp, formatNetwork, isV4, maskIp } from '../../../lib/ip.ts';
import { clientCountIndex, clientCountNames, flag, networkCountIndex, networkCountNames } from '../layout.ts';
import { AddressWindows, type AddressWindowsState, windowColumn } from '../state/address-windows.ts';
import { targetHash } from './group-accumulator.ts';
import type { Pane } from './pane.ts';

/** A group is reported to reduce once its last minute shows this much; policies decide what it means. */
const report = {
  requests20s: 120,
  failing60s: 15,
  missing60s: 25,
  sessions60s: 20,
  addresses60s: 24,
} as const;

export interface LocalGroupsState {
  readonly addresses: AddressWindowsState;
  readonly networks: AddressWindowsState | null;
}

/**
 * The last minute of every address and, where a policy asks, of every network. Both lie on one partition as a whole:
 * the few that stand out are reported with the pane, nothing is merged.
 */
export class LocalGroups {
  readonly addresses: AddressWindows;
  /** null: no policy asks. */
  readonly networks: AddressWindows | null;

  constructor(limit: number, networks: boolean, state?: LocalGroupsState) {
    this.addresses = new AddressWindows(limit, state?.addresses);
    this.networks = networks ? new AddressWindows(limit, state?.networks ?? undefined) : null;
  }

  add(event: EnrichedRequest, flags: number, pane: Pane): void {
    const { hashes, request } = event;
    const second = Math.floor(request.timestamp / 1000);
    const endpoint = hashes.readInt32LE(lanes.endpoint);
    const agent = hashes.readInt32LE(lanes.fingerprint);
    const target = targetHash(event) ^ endpoint;
    const client = hashes.readInt32LE(lanes.client);

    const { addresses, networks } = this;
    const slot = addresses.slot(client, hashes.readInt32LE(lanes.client + 4), second);
    count(addresses, slot, event, flags);
    addresses.mark(slot, endpoint, agent, target, hashes.readInt32LE(lanes.session));
    if (
      addresses.recent(slot, windowColumn.requests) >= report.requests20s ||
      addresses.minute(slot, windowColumn.failing) >= report.failing60s ||
      addresses.minute(slot, windowColumn.missing) >= report.missing60s ||
      ((flags & flag.newSession) !== 0 && addresses.distinct(slot, 'members') >= report.sessions60s)
    )
      pane.report('client', request.site, addressKey(request.client_ip), () =>
        clientCounts(addresses, slot, flags),
      );

    if (networks === null) return;
    const network = networks.slot(
      hashes.readInt32LE(lanes.network),
      hashes.readInt32LE(lanes.network + 4),
      second,
    );
    count(networks, network, event, flags);
    networks.mark(network, endpoint, agent, target, client);
    if (
      networks.minute(network, windowColumn.failing) >= report.failing60s ||
      networks.minute(network, windowColumn.missing) >= report.missing60s ||
      networks.distinct(network, 'members') >= report.addresses60s
    )
      pane.report('network', request.site, networkKey(request.client_ip), () =>
        networkCounts(networks, network, flags),
      );
  }

  snapshot(): LocalGroupsState {
    return { addresses: this.addresses.snapshot(), networks: this.networks?.snapshot() ?? null };
  }
}

function count(windows: AddressWindows, slot: number, event: EnrichedRequest, flags: number): void {
  const { request } = event;
  windows.add(slot, windowColumn.requests);
  if ((flags & flag.failing) !== 0) windows.add(slot, windowColumn.failing);
  if ((flags & flag.missing) !== 0) windows.add(slot, windowColumn.missing);
  if ((flags & flag.direct) !== 0) windows.add(slot, windowColumn.direct);
  if (request.status !== null || request.outcome !== 'unknown') windows.add(slot, windowColumn.known);
  if (request.partner_id !== null || request.api_key_id !== null) windows.add(slot, windowColumn.identified);
}

function addressKey(ip: Buffer): string {
  return isV4(ip) ? formatIp(ip) : formatNetwork({ address: clientAddress(ip), prefix: 64 });
}

function networkKey(ip: Buffer): string {
  const prefix = isV4(ip) ? 96 + 24 : 48;
  return formatNetwork({ address: maskIp(ip, prefix), prefix });
}

function clientCounts(windows: AddressWindows, slot: number, flags: number): number[] {
  const counts = new Array<number>(clientCountNames.length).fill(0);
  counts[clientCountIndex.requests_20s] = windows.recent(slot, windowColumn.requests);
  counts[clientCountIndex.requests_60s] = windows.minute(slot, windowColumn.requests);
  counts[clientCountIndex.failing_60s] = windows.minute(slot, windowColumn.failing);
  counts[clientCountIndex.missing_60s] = windows.minute(slot, windowColumn.missing);
  counts[clientCountIndex.known_60s] = windows.minute(slot, windowColumn.known);
  counts[clientCountIndex.identified_60s] = windows.minute(slot, windowColumn.identified);
  counts[clientCountIndex.endpoints_60s] = windows.distinct(slot, 'endpoints');
  counts[clientCountIndex.targets_60s] = windows.distinct(slot, 'targets');
  counts[clientCountIndex.agents_60s] = windows.distinct(slot, 'agents');
  counts[clientCountIndex.sessions_60s] = windows.distinct(slot, 'members');
  counts[clientCountIndex.verified] = (flags & flag.verified) !== 0 ? 1 : 0;
  return counts;
}

function networkCounts(windows: AddressWindows, slot: number, flags: number): number[] {
  const counts = new Array<number>(networkCountNames.length).fill(0);
  counts[networkCountIndex.requests_60s] = windows.minute(slot, windowColumn.requests);
  counts[networkCountIndex.failing_60s] = windows.minute(slot, windowColumn.failing);
  counts[networkCountIndex.missing_60s] = windows.minute(slot, windowColumn.missing);
  counts[networkCountIndex.known_60s] = windows.minute(slot, windowColumn.known);
  counts[networkCountIndex.direct_60s] = windows.minute(slot, windowColumn.direct);
  counts[networkCountIndex.identified_60s] = windows.minute(slot, windowColumn.identified);
  counts[networkCountIndex.clients_60s] = windows.distinct(slot, 'members');
  counts[networkCountIndex.agents_60s] = windows.distinct(slot, 'agents');
  counts[networkCountIndex.verified] = (flags & flag.verified) !== 0 ? 1 : 0;
  return counts;
}
