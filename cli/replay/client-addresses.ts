import { readFileSync } from 'node:fs';
import { contains, isV4, type Network, parseNetwork } from '../../lib/ip.ts';

/** What the client addresses of an input look like, to refuse one that can only mislead. */
export interface ClientAddresses {
  readonly requests: number;
  /** Loopback, private, link-local and carrier-shared space. */
  readonly privateShare: number;
  /** In the published ranges of a CDN that stands in front of sites. */
  readonly cdnShare: number;
  readonly cdn: string | null;
}

export interface AddressRange {
  readonly network: Network;
  readonly owner: string;
}

const privateNetworks: readonly Network[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
].map((text) => parseNetwork(text)!);

const isIn = (ip: Buffer, networks: readonly Network[]) => networks.some((network) => contains(network, ip));

/** One network a line; anything else in the file is ignored. */
export function readRanges(file: string, owner: string): readonly AddressRange[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const network = parseNetwork(line.trim());
      return network === null ? [] : [{ network, owner }];
    });
}

export interface AddressCheck {
  note(ip: Buffer): void;
  result(): ClientAddresses;
}

/** Looks at the first requests closely, then at some of them. */
export function createAddressCheck(cdnRanges: readonly AddressRange[]): AddressCheck {
  const v4 = cdnRanges.filter(({ network }) => isV4(network.address));
  const v6 = cdnRanges.filter(({ network }) => !isV4(network.address));
  const owners = new Map<string, number>();
  let seen = 0;
  let looked = 0;
  let private_ = 0;
  let cdn = 0;
  return {
    note(ip) {
      if (++seen > 1000 && seen % 64 !== 0) return;
      looked++;
      if (isIn(ip, privateNetworks)) private_++;
      const range = (isV4(ip) ? v4 : v6).find(({ network }) => contains(network, ip));
      if (range !== undefined) {
        cdn++;
        owners.set(range.owner, (owners.get(range.owner) ?? 0) + 1);
      }
    },
    result() {
      const [owner] = [...owners].sort(([, a], [, b]) => b - a)[0] ?? [null];
      return {
        requests: looked,
        privateShare: looked === 0 ? 0 : private_ / looked,
        cdnShare: looked === 0 ? 0 : cdn / looked,
        cdn: owner,
      };
    },
  };
}

/** Why the result would be nonsense, or null. Small inputs are judged too: nobody's first five clients are a CDN. */
export function refusalOf(addresses: ClientAddresses): string | null {
  if (addresses.requests === 0) return null;
  if (addresses.cdnShare >= 0.98)
    return `all clients are addresses of ${addresses.cdn}: the log has the CDN's address where the client's should be. Name it under collector.trusted_proxies and log X-Forwarded-For, or use the CDN's own log`;
  if (addresses.privateShare >= 0.98)
    return "all clients are private addresses: the log has a proxy's address where the client's should be. Name it under collector.trusted_proxies and log X-Forwarded-For (nginx: real_ip)";
  return null;
}
