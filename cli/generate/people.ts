import {
  type AccessNetwork,
  homeCountries as defaultHomeCountries,
  deviceAddress,
  householdPrefix,
  networkPicker,
  networks,
  randomV4,
  sharedPool,
} from './addresses.ts';
import { type BrowserCatalogue, inspectingProxy } from './browsers.ts';
import type { Appearance } from './event.ts';
import {
  chance,
  createRandom,
  hash32,
  integer,
  namedRandom,
  pick,
  type Random,
  token,
  weighted,
  zipf,
} from './random.ts';

export interface Person {
  /** home, home-ipv6, carrier-nat, office-nat or vpn. */
  readonly population: string;
  readonly country: string;
  readonly account: string;
  readonly zip: number;
  readonly browser: Appearance;
  readonly phone: Phone;
  /** Referrer policy, extensions or a privacy browser take the header away. */
  readonly sendsReferer: boolean;
  /** Ad-blockers keep third-party scripts, and so most cookies, away. */
  readonly blocksAds: boolean;
  /** Chance that a password is mistyped at the first try. */
  readonly carelessness: number;
  /** Address of this visit: phones and VPNs change theirs. */
  address(random: Random): string;
  /** null: plain ways, a new session every visit. */
  readonly ways: Ways | null;
}

/** What a person's software and habits do to every visit, beyond the browser itself. */
export interface Ways {
  /** Stays logged in: key of the sessions of earlier visits; null for someone who is here for the first time. */
  readonly sessionKey: string | null;
  /** False: cookies are refused or thrown away, so that nothing holds a visit together. */
  readonly keepsCookies: boolean;
  /** False: scripts are off, and with them the cookies that they would set. */
  readonly runsScripts: boolean;
  /** Pages that the browser fetches ahead for each one that is read. */
  readonly prefetches: number;
}

/** How people reach the network, by their numbers. */
export type Situations = readonly (readonly [
  situation: 'home' | 'home-ipv6' | 'carrier-nat' | 'office-nat' | 'vpn',
  weight: number,
])[];

export interface PeopleOptions {
  /** Number of regulars at scale 1. */
  readonly regulars?: number;
  readonly homeCountries?: ReadonlySet<string>;
  readonly situations?: Situations;
  /** Customers who live outside of the home countries. Default 0.04. */
  readonly abroad?: number;
  /** True: people have ways of their own (sessions that last, privacy tools ...). */
  readonly ways?: boolean;
}

export interface People {
  /** Someone who has been here before; some come far more often than others. */
  regular(random: Random): Person;
  newcomer(random: Random): Person;
  /** A newcomer from outside the home countries (tourist prices, a launch that went around the world). */
  foreigner(random: Random): Person;
}

const languages: { readonly [country: string]: readonly string[] } = {
  DE: [
    'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7',
    'de,en-US;q=0.7,en;q=0.3',
    'de-DE,de;q=0.9',
    'tr-TR,tr;q=0.9,de;q=0.8',
  ],
  AT: ['de-AT,de;q=0.9,en;q=0.8', 'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7'],
  CH: ['de-CH,de;q=0.9,fr;q=0.8,en;q=0.7', 'fr-CH,fr;q=0.9,en;q=0.8'],
  NL: ['nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7', 'en-US,en;q=0.9,nl;q=0.8'],
  BE: ['nl-BE,nl;q=0.9,fr;q=0.8', 'fr-BE,fr;q=0.9,nl;q=0.8,en;q=0.7'],
  GB: ['en-GB,en;q=0.9', 'en-GB,en-US;q=0.9,en;q=0.8', 'pl-PL,pl;q=0.9,en-GB;q=0.8'],
  FR: ['fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7', 'fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3'],
  BR: ['pt-BR,pt;q=0.9,en-US;q=0.8'],
  US: ['en-US,en;q=0.9', 'en-US,en;q=0.9,es;q=0.8'],
  ES: ['es-ES,es;q=0.9,en;q=0.8'],
  IT: ['it-IT,it;q=0.9,en-US;q=0.8'],
  PL: ['pl-PL,pl;q=0.9,en-US;q=0.8'],
  TR: ['tr-TR,tr;q=0.9,en-US;q=0.8'],
  VN: ['vi-VN,vi;q=0.9,en-US;q=0.8'],
  ID: ['id-ID,id;q=0.9,en-US;q=0.8'],
};
const otherLanguages = ['en-US,en;q=0.9', 'en-US,en;q=0.5', 'en-GB,en;q=0.9'];

const officeCount = 28;
const defaultSituations: Situations = [
  ['home', 46],
  ['home-ipv6', 22],
  ['carrier-nat', 20],
  ['office-nat', 8],
  ['vpn', 4],
];

export function createPeople(
  seed: number,
  scale: number,
  browsers: BrowserCatalogue,
  options: PeopleOptions = {},
): People {
  const homeCountries = options.homeCountries ?? defaultHomeCountries;
  const isHome = (network: AccessNetwork) => network.kind === 'home' && homeCountries.has(network.country);
  const homeNetwork = networkPicker((network) => isHome(network));
  const travellerNetwork = networkPicker(
    (network) => network.kind === 'home' && !homeCountries.has(network.country),
  );
  const mobileNetwork = networkPicker(
    (network) => network.kind === 'mobile' && homeCountries.has(network.country),
  );
  const vpnNetwork = networkPicker((network) => network.kind === 'vpn');

  const poolRandom = namedRandom(seed, 'shared-addresses');
  const carrierPools = new Map(
    networks
      .filter((network) => network.kind === 'mobile')
      .map((network) => [network, sharedPool(network, Math.max(6, Math.round(14 * scale)), poolRandom)]),
  );
  const vpnPool = Array.from({ length: 60 }, () => randomV4(poolRandom, vpnNetwork(poolRandom)));
  const vpnExit = zipf(vpnPool.length, 0.6);
  const offices = Array.from({ length: officeCount }, (_, index) => {
    const network = homeNetwork(poolRandom);
    return {
      network,
      address: randomV4(poolRandom, network),
      inspecting: index % 3 === 0 ? inspectingProxy(index * 7) : null,
    };
  });
  const office = zipf(officeCount, 0.8);
  const situation = weighted(options.situations ?? defaultSituations);

  const person = (index: number, kind: 'anyone' | 'foreign'): Person => {
    const random = createRandom(hash32(`${seed}/${kind}`), index);
    // A newcomer from abroad is as a rule someone at home in another country; 4 % of all customers are.
    const abroad = kind === 'foreign' || chance(random, options.abroad ?? 0.04);
    let population: string = abroad ? (chance(random, 0.3) ? 'home-ipv6' : 'home') : situation(random);
    let network = abroad ? travellerNetwork(random) : homeNetwork(random);
    const household = Math.floor(index / 2.4);
    let address: (visit: Random) => string;
    let browserPatch: Partial<Appearance> = {};
    if (population === 'home-ipv6') {
      const prefix = householdPrefix(createRandom(hash32(`${seed}/household`), household), network);
      if (prefix === null) population = 'home';
      else {
        const own = deviceAddress(random, prefix);
        // Temporary addresses change about daily; another device of the household has another one anyway.
        address =
          options.ways === true
            ? (visit) => (chance(visit, 0.15) ? deviceAddress(visit, prefix) : own)
            : () => own;
      }
    }
    switch (population) {
      case 'carrier-nat': {
        network = mobileNetwork(random);
        const pool = carrierPools.get(network)!;
        address = (visit) => pick(visit, pool);
        break;
      }
      case 'office-nat': {
        const workplace = offices[office(random)]!;
        network = workplace.network;
        address = () => workplace.address;
        if (workplace.inspecting !== null)
          browserPatch = { ...workplace.inspecting, tlsVersion: 'TLSv1.2', httpVersion: '1.1' };
        break;
      }
      case 'vpn':
        address = (visit) => vpnPool[vpnExit(visit)]!;
        break;
      case 'home': {
        const own = randomV4(random, network);
        address = () => own;
        break;
      }
    }
    const known = languages[network.country] ?? otherLanguages;
    const language = chance(random, 0.07) ? pick(random, otherLanguages) : pick(random, known);
    const browser = browsers.person(random, language);
    const account = `u${(hash32(`${seed}/${kind}/${index}`) % 9_000_000) + 1_000_000}`;
    const zip = integer(random, 100_000);
    const person: Person = {
      population,
      country: network.country,
      account,
      zip,
      browser: { ...browser, ...browserPatch },
      phone: createPhone(
        random,
        browser.userAgent?.includes('iPhone') === true || chance(random, 0.3),
        language.slice(0, 5),
      ),
      sendsReferer: !chance(random, 0.07),
      blocksAds: chance(random, 0.22),
      carelessness: chance(random, 0.1) ? 0.5 : 0.06,
      address: address!,
      ways: null,
    };
    return options.ways === true ? withWays(person, random, kind === 'anyone' && index < regulars) : person;
  };
  const regulars = Math.max(200, Math.round((options.regulars ?? 5000) * scale));
  const regular = zipf(regulars, 0.55);
  const met: (Person | undefined)[] = new Array(regulars);
  return {
    regular(random) {
      const index = regular(random);
      met[index] ??= person(index, 'anyone');
      return met[index];
    },
    newcomer: (random) => person(regulars + integer(random, 50_000_000), 'anyone'),
    foreigner: (random) => person(integer(random, 50_000_000), 'foreign'),
  };
}

/** An account as stolen lists hold them: nearly always nobody's here. */
export function guessedAccount(random: Random): string {
  return `u${integer(random, 9_000_000) + 1_000_000}`;
}

/** Drawn last, so that people without ways are the same people. */
function withWays(person: Person, random: Random, regular: boolean): Person {
  const ways: Ways = {
    sessionKey: regular && chance(random, 0.8) ? token(random, 12) : null,
    keepsCookies: !chance(random, 0.015),
    runsScripts: !chance(random, 0.012),
    prefetches: chance(random, 0.12) ? 0.6 : 0,
  };
  const secretive = chance(random, 0.02);
  const language = secretive
    ? chance(random, 0.4)
      ? undefined
      : 'en-US,en;q=0.5'
    : person.browser.acceptLanguage;
  return {
    ...person,
    ways,
    browser: { ...person.browser, acceptLanguage: language },
    sendsReferer: person.sendsReferer && !secretive,
    blocksAds: person.blocksAds || secretive,
  };
}

const appBuilds = weighted([
  ['8.14.2', 46],
  ['8.14.1', 22],
  ['8.13.0', 14],
  ['8.11.3', 8],
  ['8.6.0', 5],
  ['7.22.1', 3],
  ['6.9.4', 2],
] as const);
const phones = [
  'Pixel 8',
  'SM-S928B',
  'SM-A546B',
  'M2101K6G',
  'CPH2525',
  'SM-G991B',
  'Pixel 6a',
  'moto g84',
  '23021RAA2Y',
  'SM-A155F',
];

/** What an app's requests look like on one phone, whatever the app. */
export interface Phone {
  /** The part of the user agent after the app's name. */
  readonly agent: string;
  readonly language: string | undefined;
  readonly ja4: string;
  readonly ja4Resumed: string;
}

function createPhone(random: Random, ios: boolean, language: string | undefined): Phone {
  const build = appBuilds(random);
  if (ios) {
    const system = pick(random, ['26.1', '26.0.1', '18.7', '18.6', '17.6.1']);
    const tail = `a09f3c656075_${system.startsWith('26') ? 'e42f34c56612' : '14788d8d241b'}`;
    return {
      agent: `${build} (iPhone; iOS ${system}; Scale/3.00) CFNetwork/1568.200.51 Darwin/24.1.0`,
      language,
      ja4: `t13d2014h2_${tail}`,
      ja4Resumed: `t13d2015h2_${tail}`,
    };
  }
  const system = pick(random, ['16', '15', '15', '14', '14', '13', '12', '11', '9']);
  const recent = Number(system) >= 13;
  const tail = `46e7e9700bed_${recent ? 'eca864cca44a' : '45f260be83e2'}`;
  return {
    agent: `${build} (Android ${system}; ${pick(random, phones)}) okhttp/4.12.0`,
    language,
    ja4: `t13d15${recent ? 12 : 11}h2_${tail}`,
    ja4Resumed: `t13d15${recent ? 13 : 12}h2_${tail}`,
  };
}

/** The phone after a release of the app that is newer than everybody's. */
export function updated(phone: Phone): Phone {
  return { ...phone, agent: phone.agent.replace(/^[\d.]+/, '9.0.0') };
}

/** The look of a shop's or bank's own app on a phone. */
export function appAppearance(app: string, phone: Phone): Appearance {
  return {
    userAgent: `${app}/${phone.agent}`,
    acceptLanguage: phone.language,
    httpVersion: '2',
    tlsVersion: 'TLSv1.3',
    ja4: phone.ja4,
    ja4Resumed: phone.ja4Resumed,
  };
}
