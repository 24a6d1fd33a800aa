import { parseIp } from '../../lib/ip.ts';
import { createKnownTexts, type KnownText } from './known-texts.ts';
import { createTextTable, type MetText } from './text-table.ts';

/** Slots: a client asks more than once, and many have the same browser. */
const addressBits = 15;
const agentBits = 12;

interface KnownClient extends MetText {
  /** Nobody changes it. */
  readonly ip: Buffer;
  /** What it called itself last. */
  agent: KnownText | null;
}

/**
 * Reads who asks, out of lines in which the address comes first. Equal texts give the same bytes and the same text. Most
 * clients call themselves what they did before, and to compare a text takes a fraction of looking it up.
 */
export interface KnownClients {
  /** null: not an IP address. */
  address(line: string, from: number, to: number): Buffer | null;
  agent(line: string, from: number, to: number): KnownText;
}

export function createKnownClients(): KnownClients {
  const clients = createTextTable<KnownClient>(addressBits, (raw) => {
    const ip = parseIp(raw);
    return ip === null ? null : { raw, ip, agent: null };
  });
  const agents = createKnownTexts(agentBits);
  let client: KnownClient | null = null;
  return {
    address(line, from, to) {
      client = clients.find(line, from, to);
      return client === null ? null : client.ip;
    },
    agent(line, from, to) {
      const last = client === null ? null : client.agent;
      if (last !== null && last.raw.length === to - from && line.startsWith(last.raw, from)) return last;
      const agent = agents.find(line, from, to)!;
      if (client !== null) client.agent = agent;
      return agent;
    },
  };
}
