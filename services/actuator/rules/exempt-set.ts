import { contains, formatNetwork, isV4Network, maskIp, type Network } from '../../../lib/ip.ts';
import { EdgeError } from '../edge.ts';

/**
 * Networks that no rule may stop, in a list of the vendor that every rule spares. A list and not a part of each
 * expression: there are hundreds, and expressions are short.
 */
export interface ExemptSet {
  /** Canonical networks that are there now and that we may remove. */
  members(signal: AbortSignal): Promise<readonly string[]>;
  wanted(): readonly string[];
  add(networks: readonly string[], signal: AbortSignal): Promise<void>;
  remove(networks: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface ExemptLimits {
  readonly shortestV4: number;
  readonly shortestV6: number;
  readonly longestV6: number;
}

/**
 * The networks as a list can hold them, sorted, none inside another. What is too narrow is widened: to spare a few more
 * is safe. What is too wide is left out where nobody can send from it, else EdgeError `invalid`.
 */
export function exemptNetworks(networks: readonly Network[], limits: ExemptLimits): string[] {
  const held: Network[] = [];
  const inOrder = [...networks].sort((a, b) => a.prefix - b.prefix);
  for (const network of inOrder) {
    const isFour = isV4Network(network);
    const shortest = isFour ? limits.shortestV4 + 96 : limits.shortestV6;
    if (network.prefix < shortest) {
      // 224.0.0.0/3 and everything from f000:: on is multicast, reserved or local.
      const isSendable = isFour ? network.address[12]! < 224 : network.address[0]! < 0xf0;
      if (isSendable)
        throw new EdgeError('invalid', `${formatNetwork(network)} is to be spared, but too wide for a list`);
      continue;
    }
    const prefix = isFour ? network.prefix : Math.min(network.prefix, limits.longestV6);
    const widened = { address: maskIp(network.address, prefix), prefix };
    if (!held.some((other) => other.prefix <= prefix && contains(other, widened.address))) held.push(widened);
  }
  return held.map(formatNetwork).sort();
}
