import { type BrowserCatalogue, createBrowserCatalogue } from './browsers.ts';
import { createPeople, type People, type PeopleOptions } from './people.ts';
import { hash32, integer, type Random, zipf } from './random.ts';

/** What all journeys share: who there is, what is sold where, and when. */
export interface World {
  readonly seed: number;
  /** First and last moment of the output, epoch ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** 1 = about 100 honest requests a second. */
  readonly scale: number;
  readonly browsers: BrowserCatalogue;
  readonly people: People;
  readonly goods: Goods;
  /** True while the identity provider is down: every log-in fails, whoever tries. */
  loginsFail(at: number): boolean;
}

export interface Product {
  readonly slug: string;
  readonly number: number;
  readonly category: string;
}

export interface Goods {
  /** By popularity. */
  product(random: Random): Product;
  /** The one product of a launch. */
  readonly launch: Product;
  readonly count: number;
  category(random: Random): string;
  /** A size of the product, as the number on the box. */
  sku(product: Product, random: Random): number;
  /** Whether a ZIP code has a store nearby; the others answer 404. */
  hasStore(zip: number): boolean;
  /** A nearby ZIP code as a person would type it, once in a while with a wrong digit. */
  zipNear(zip: number, random: Random): number;
}

const categories = [
  'running',
  'trail',
  'outdoor',
  'football',
  'tennis',
  'kids',
  'sale',
  'new',
  'bags',
  'socks',
  'winter',
  'yoga',
];
const adjectives = [
  'alpine',
  'urban',
  'swift',
  'classic',
  'nordic',
  'feather',
  'storm',
  'coastal',
  'summit',
  'pulse',
];
const nouns = [
  'runner',
  'trainer',
  'jacket',
  'backpack',
  'hoodie',
  'boot',
  'glove',
  'cap',
  'jersey',
  'sandal',
];
const productCount = 3300;

function product(index: number): Product {
  const category = categories[index % categories.length]!;
  const slug = `${adjectives[index % 10]}-${category}-${nouns[(index * 7) % 10]}-${1000 + index}`;
  return { slug, number: 400_000 + index * 13, category };
}

function createGoods(): Goods {
  const popularity = zipf(productCount, 0.75);
  const hasStore = (zip: number) => hash32(`zip${zip}`) % 100 < 62;
  return {
    product: (random) => product(popularity(random)),
    launch: product(productCount + 1),
    count: productCount,
    category: (random) => categories[integer(random, categories.length)]!,
    sku: (item, random) => item.number * 100 + 35 + integer(random, 13),
    hasStore,
    zipNear: (zip, random) => {
      let near = zip;
      while (!hasStore(near)) near = (near + 1) % 100_000;
      if (random() < 0.4) {
        near = (near + integer(random, 6)) % 100_000;
        while (!hasStore(near)) near = (near + 1) % 100_000;
      }
      return random() < 0.04 ? integer(random, 100_000) : near;
    },
  };
}

export interface WorldOptions {
  readonly seed: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly scale: number;
  readonly people?: PeopleOptions;
  /** When the identity provider is down; default: never. */
  readonly loginsFail?: (at: number) => boolean;
}

export function createWorld(options: WorldOptions): World {
  const browsers = createBrowserCatalogue(options.startMs);
  return {
    seed: options.seed,
    startMs: options.startMs,
    endMs: options.endMs,
    scale: options.scale,
    browsers,
    people: createPeople(options.seed, options.scale, browsers, options.people),
    goods: createGoods(),
    loginsFail: options.loginsFail ?? (() => false),
  };
}

/** Five digits, as on an envelope. */
export function formatZip(zip: number): string {
  return String(zip).padStart(5, '0');
}
