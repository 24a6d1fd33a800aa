import { detached } from '../../lib/detached-text.ts';
import { parseIp } from '../../lib/ip.ts';
import { createTwoGenerationCache } from '../../lib/two-generation-cache.ts';
import { unescapeText } from './formats/access-log.ts';

/** Addresses remembered: a client asks more than once. */
const recentAddresses = 65_536;
const recentAgents = 8192;
/** Longer ones are made up. */
const longestAgent = 1024;

interface KnownClient {
  /** Nobody changes it. */
  readonly ip: Buffer;
  /** What it called itself last, where the log has it without escapes. */
  agent: string;
}

/**
 * Reads who asks, out of lines in which the address comes first. Equal texts give the same bytes and the same text. Most
 * clients call themselves what they did before, and to compare a text takes a fraction of looking it up.
 */
export interface KnownClients {
  /** null: not an IP address. */
  address(line: string, from: number, to: number): Buffer | null;
  agent(line: string, from: number, to: number): string;
}

export function createKnownClients(): KnownClients {
  const clients = createTwoGenerationCache<string, KnownClient>(recentAddresses);
  const agents = createTwoGenerationCache<string, string>(recentAgents);
  let client: KnownClient | null = null;

  const shared = (agent: string): string => {
    let known = agents.get(agent);
    if (known === undefined) {
      known = detached(agent);
      if (agent.length <= longestAgent) agents.set(known, known);
    }
    return known;
  };

  return {
    address(line, from, to) {
      const text = line.slice(from, to);
      client = clients.get(text) ?? null;
      if (client !== null) return client.ip;
      const ip = parseIp(text);
      if (ip === null) return null;
      client = { ip, agent: '' };
      clients.set(detached(text), client);
      return ip;
    },
    agent(line, from, to) {
      if (client !== null && client.agent.length === to - from && line.startsWith(client.agent, from))
        return client.agent;
      const text = shared(unescapeText(line.slice(from, to)));
      // An escape makes a text shorter than it stands in the line.
      if (client !== null && text.length === to - from && text.length <= longestAgent) client.agent = text;
      return text;
    },
  };
}
