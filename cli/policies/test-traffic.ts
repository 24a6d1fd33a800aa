import { formatIp, parseIp, parseNetwork } from '../../lib/ip.ts';
import type { Flow, GeneratedInput } from '../../services/detector/policies/test-schema.ts';
import { integer, namedRandom, type Random } from '../generate/random.ts';
import { type ScenarioName, scenarioNames } from '../generate/scenarios.ts';
import { defaultStartMs, generateTraffic } from '../generate/traffic.ts';

/** One request of a test and the truth about it. */
export interface TestRequest {
  readonly event: object;
  readonly timestamp: number;
  readonly attack: boolean;
}

/** The traffic of a test, in order of time, the same in every run. Throws an Error that says what is wrong. */
export function testTraffic(input: GeneratedInput): TestRequest[] {
  const scenario = input.generate as ScenarioName;
  if (!scenarioNames.includes(scenario))
    throw new Error(`no scenario is called ${JSON.stringify(input.generate)} (${scenarioNames.join(', ')})`);
  const made: TestRequest[] = [];
  for (const { event, label } of generateTraffic({
    scenario,
    seed: input.seed,
    scale: input.rate / 100,
    intensity: input.intensity,
    stealth: input.stealth,
    ...(input.minutes === undefined ? {} : { durationMs: input.minutes * 60_000 }),
  }))
    made.push({ event, timestamp: event.timestamp, attack: label.label === 'attack' });
  input.add.forEach((flow, index) => {
    made.push(...requestsOf(flow, index, input.seed));
  });
  // a stable sort: what is made together stays together
  return made.sort((a, b) => a.timestamp - b.timestamp);
}

function requestsOf(flow: Flow, index: number, seed: number): TestRequest[] {
  const random = namedRandom(seed, `flow ${index}`);
  const { client_ip: address, ...fields } = flow.request;
  const choose = addressOf(address === undefined ? '198.51.100.0/24' : String(address));
  const made: TestRequest[] = [];
  const gap = 1000 / flow.per_second;
  for (let n = 0, at = flow.from; at < flow.until; n++, at += gap) {
    const timestamp = Math.floor(defaultStartMs + at + random() * Math.min(gap, 5));
    made.push({
      timestamp,
      attack: flow.label === 'attack',
      event: {
        event_id: `evt_t${index}_${n.toString(36).padStart(5, '0')}`,
        timestamp,
        client_ip: choose(random),
        method: 'GET',
        host: 'shop.example',
        path: '/',
        status: 200,
        ...(filled(fields, n, random) as object),
      },
    });
  }
  return made;
}

/** Fills in `{n}`, `{n%50}` and `{random 1000}`, at any depth. */
function filled(value: unknown, n: number, random: Random): unknown {
  if (typeof value === 'string')
    return value.replace(/\{n(?:%(\d+))?\}|\{random (\d+)\}/g, (_, modulo?: string, limit?: string) =>
      String(
        limit !== undefined ? integer(random, Number(limit)) : modulo === undefined ? n : n % Number(modulo),
      ),
    );
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, n, random)]));
  return value;
}

/** One address, or any of a network. */
function addressOf(text: string): (random: Random) => string {
  if (!text.includes('/')) {
    if (parseIp(text) === null) throw new Error(`client_ip: not an address: ${JSON.stringify(text)}`);
    return () => text;
  }
  const network = parseNetwork(text);
  if (network === null) throw new Error(`client_ip: not a network: ${JSON.stringify(text)}`);
  return (random) => {
    const ip = Buffer.from(network.address);
    for (let bit = network.prefix; bit < 128; bit++) if (random() < 0.5) ip[bit >> 3]! |= 0x80 >> (bit & 7);
    return formatIp(ip);
  };
}
