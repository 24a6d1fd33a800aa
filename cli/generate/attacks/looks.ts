import {
  type BrowserCatalogue,
  impossibleOrAncientChrome,
  inspectingProxy,
  toolFingerprints,
} from '../browsers.ts';
import type { Appearance } from '../event.ts';
import { kitAppearance, type Partner } from '../partners.ts';
import { appAppearance, type People } from '../people.ts';
import { chance, integer, namedRandom, pick, type Random, weighted } from '../random.ts';

/** What an attacker's clients look like on the wire. */
export type LookKind =
  /** Several tools at once, each right in some attributes and wrong in others. */
  | 'tools'
  /** Chrome that is years old or never was. */
  | 'outdated'
  /** Real browsers or the real app, remotely controlled: nothing to tell them by. */
  | 'genuine'
  /** Another set of tools every minute. */
  | 'changing';

export interface LookOptions {
  readonly kind: LookKind;
  readonly seed: number;
  readonly browsers: BrowserCatalogue;
  readonly people: People;
  readonly clients: 'browser' | 'app' | 'kit';
  readonly app: string;
  readonly partners: readonly Partner[];
}

const languages = ['en-US,en;q=0.9', 'en-US', 'en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.8', 'en-US,en;q=0.5'];
const scriptAgents = [
  'python-requests/2.32.3',
  'python-httpx/0.27.2',
  'Go-http-client/2.0',
  'okhttp/4.12.0',
  'axios/1.7.7',
  'node-fetch',
  undefined,
];

type Look = (random: Random, at: number) => Appearance;

/** Tools borrow fingerprints: of a programming library, of a current browser they imitate, of some box in between. */
function borrowedFingerprint(random: Random, browsers: BrowserCatalogue): string {
  const from = random();
  if (from < 0.5) return pick(random, toolFingerprints);
  if (from < 0.85) return browsers.currentChrome(random).ja4;
  return inspectingProxy(integer(random, 90)).ja4;
}

/** One tool: a fingerprint or two, a way to choose user agents, and manners of its own. */
function createTool(random: Random, options: LookOptions): Look {
  const { browsers } = options;
  const fingerprints = Array.from({ length: 1 + integer(random, 3) }, () =>
    borrowedFingerprint(random, browsers),
  );
  const language = chance(random, 0.6) ? pick(random, languages) : null;
  const omits = random() * 0.5;
  const http1 = random();
  const old = random() * 0.15;
  const agent = weighted<'browser' | 'genuine client' | 'script' | 'fixed'>([
    ['browser', 1 + integer(random, 4)],
    ['genuine client', options.clients === 'browser' ? 0 : 4],
    ['script', chance(random, 0.3) ? 1 : 0],
    ['fixed', chance(random, 0.4) ? 2 : 0],
  ]);
  const script = pick(random, scriptAgents);
  const fixed = browsers.currentChrome(random).userAgent;
  return (visit, at) => {
    const kind = agent(visit);
    const genuine = kind === 'genuine client' ? genuineLook(options)(visit, at) : null;
    const ja4 = pick(visit, fingerprints);
    return {
      userAgent:
        genuine?.userAgent ??
        (kind === 'script' ? script : kind === 'fixed' ? fixed : browsers.person(visit, '').userAgent),
      acceptLanguage: chance(visit, omits) ? undefined : (language ?? pick(visit, languages)),
      httpVersion: chance(visit, http1) ? '1.1' : '2',
      tlsVersion: chance(visit, old) ? 'TLSv1.2' : 'TLSv1.3',
      ja4,
      ja4Resumed: ja4,
    };
  };
}

function genuineLook({ clients, people, app, partners }: LookOptions): Look {
  return (random) => {
    if (clients === 'kit') return kitAppearance(pick(random, partners), random);
    const model = chance(random, 0.25) ? people.foreigner(random) : people.newcomer(random);
    return clients === 'app' ? appAppearance(app, model.phone) : model.browser;
  };
}

export function createLook(options: LookOptions): Look {
  const random = namedRandom(options.seed, `looks/${options.kind}`);
  const toolbox = (): Look => {
    const tools = Array.from({ length: 2 + integer(random, 3) }, () => createTool(random, options));
    return (visit, at) => pick(visit, tools)(visit, at);
  };
  switch (options.kind) {
    case 'genuine':
      return genuineLook(options);
    case 'tools':
      return toolbox();
    case 'outdated': {
      const fingerprints = Array.from({ length: 4 }, () => borrowedFingerprint(random, options.browsers));
      const omits = 0.3 + 0.5 * random();
      return (visit) => {
        const ja4 = pick(visit, fingerprints);
        return {
          userAgent: impossibleOrAncientChrome(visit),
          acceptLanguage: chance(visit, omits) ? undefined : pick(visit, languages),
          httpVersion: chance(visit, 0.7) ? '1.1' : '2',
          tlsVersion: chance(visit, 0.85) ? 'TLSv1.3' : 'TLSv1.2',
          ja4,
          ja4Resumed: ja4,
        };
      };
    }
    case 'changing': {
      const boxes: Look[] = [];
      let first = Number.NaN;
      return (visit, at) => {
        const minute = Math.floor(at / 60_000);
        if (Number.isNaN(first)) first = minute;
        while (boxes.length <= Math.max(0, minute - first)) boxes.push(createTool(random, options));
        return boxes[Math.max(0, minute - first)]!(visit, at);
      };
    }
  }
}
