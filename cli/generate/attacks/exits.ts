import {
  deviceAddress,
  householdPrefix,
  networkPicker,
  networks,
  proxyExit,
  randomV4,
} from '../addresses.ts';
import type { People } from '../people.ts';
import { chance, integer, pick, type Random } from '../random.ts';

/** Where an attacker's requests come from. */
export type ExitKind =
  /** Rented residential proxies all over the world, hosters and a few VPNs. */
  | 'proxies'
  /** Almost all residential, a third of them in the countries of the customers. */
  | 'residential'
  /** Lines in the customers' own countries and networks only. */
  | 'local'
  /** A few IPv6 allocations, every request from another /64 of them. */
  | 'ipv6-rotation';

export interface ExitPool {
  /** An address for a new client. */
  exit(random: Random): string;
  /** True: every request has an address of its own. */
  readonly perRequest: boolean;
}

/** Share of residential exits that are lines of the property's own customers, who go on using them. */
const infected = 0.06;

export function createExits(
  kind: ExitKind,
  random: Random,
  people: People,
  countries: ReadonlySet<string>,
): ExitPool {
  const localHome = networkPicker((network) => network.kind === 'home' && countries.has(network.country));
  const customer = (visit: Random): string => people.regular(visit).address(visit);
  switch (kind) {
    case 'proxies':
      return {
        perRequest: false,
        exit: (visit) =>
          chance(visit, infected)
            ? customer(visit)
            : proxyExit(visit, { hosting: 0.22, vpn: 0.05, foreign: 0.75 }),
      };
    case 'residential':
      return {
        perRequest: false,
        exit: (visit) =>
          chance(visit, infected)
            ? customer(visit)
            : proxyExit(visit, { hosting: 0.03, vpn: 0.01, foreign: 0.4 }),
      };
    case 'local':
      return {
        perRequest: false,
        exit: (visit) => {
          if (chance(visit, infected * 2)) return customer(visit);
          const network = localHome(visit);
          const prefix = chance(visit, 0.3) ? householdPrefix(visit, network) : null;
          return prefix === null ? randomV4(visit, network) : deviceAddress(visit, prefix);
        },
      };
    case 'ipv6-rotation': {
      const owners = networks.filter(({ ipv6 }) => ipv6 !== null);
      const allocations = Array.from({ length: 24 }, () => {
        const { ipv6 } = pick(random, owners);
        return `${ipv6}:${(1 + integer(random, 0xfffe)).toString(16)}`;
      });
      return {
        perRequest: true,
        exit: (visit) =>
          deviceAddress(visit, `${pick(visit, allocations)}:${(1 + integer(visit, 0xfffe)).toString(16)}`),
      };
    }
  }
}
