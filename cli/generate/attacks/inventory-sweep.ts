import { proxyExit } from '../addresses.ts';
import { impossibleOrAncientChrome, toolFingerprints } from '../browsers.ts';
import { type Appearance, createEvent, type Due, due, respond } from '../event.ts';
import { chance, hash32, integer, pick, type Random, token } from '../random.ts';
import { shopApiHost, shopHost } from '../shop.ts';
import { formatZip, type World } from '../world.ts';
import { type AttackOptions, pace } from './attack.ts';

export interface SweepOptions extends AttackOptions {
  /** When the swept endpoint is stopped they go on at the app's endpoint; null: they never move. */
  readonly moveAt: number | null;
}

interface Worker {
  address: string;
  look: Appearance;
  session: string;
  left: number;
  sku: number;
  zip: number;
  /** How much later than the first this worker notices that it is stopped, ms. */
  readonly delayMs: number;
}

function webAppearance(world: World, random: Random, stealth: number): Appearance {
  const ja4 = toolFingerprints[integer(random, 5)];
  if (chance(random, stealth)) {
    const chrome = world.browsers.currentChrome(random);
    return { ...chrome, acceptLanguage: 'en-US,en;q=0.9', httpVersion: '2', tlsVersion: 'TLSv1.3' };
  }
  return {
    userAgent: impossibleOrAncientChrome(random),
    acceptLanguage: chance(random, 0.35) ? 'en-US,en;q=0.8' : undefined,
    httpVersion: chance(random, 0.75) ? '1.1' : '2',
    tlsVersion: chance(random, 0.85) ? 'TLSv1.3' : 'TLSv1.2',
    ja4,
    ja4Resumed: ja4,
  };
}

/**
 * Which store has this product? Asked for every product in every ZIP code, by thousands of addresses in turn, most of
 * them with browsers that are years old or never were, and one cookie each. Stopped on the web, they use the app's
 * endpoint.
 */
export function* sweepInventory(world: World, random: Random, options: SweepOptions): Generator<Due, void> {
  const crew = Math.max(60, Math.round(options.perSecond * 1.5));
  const rented = (worker: Worker) => {
    worker.address = proxyExit(random, { hosting: 0.42, vpn: 0.06, foreign: 0.6 });
    worker.look = webAppearance(world, random, options.stealth);
    worker.session = token(random, 22);
    worker.left = 8 + integer(random, 60);
  };
  const workers = Array.from({ length: crew }, (): Worker => {
    const worker: Worker = {
      address: '',
      look: webAppearance(world, random, 0),
      session: '',
      left: 0,
      sku: 0,
      zip: integer(random, 100_000),
      delayMs: random() * 18_000,
    };
    rented(worker);
    return worker;
  });
  for (const now of pace(random, options)) {
    const worker = pick(random, workers);
    if (--worker.left < 0) rented(worker);
    // A range of products in one ZIP code, then the next: half of the numbers in between belong to nothing.
    worker.sku = (worker.sku + 1 + integer(random, 3)) % (world.goods.count * 2);
    if (worker.sku % 40 === 0 || chance(random, 0.03))
      worker.zip = (worker.zip + 17 + integer(random, 900)) % 100_000;
    const mobile = options.moveAt !== null && now >= options.moveAt + worker.delayMs;
    const host = mobile ? shopApiHost : shopHost;
    const path = `${mobile ? '/mobile/v1' : ''}/stores/${formatZip(worker.zip)}/stock`;
    const event = createEvent(now, worker.address, worker.look, false, host, 'GET', path);
    const number = 400_000 + worker.sku * 13;
    event.query = `sku=${number * 100 + 35 + (hash32(worker.session) % 13)}`;
    event.session_id = worker.session;
    event.cookie_count = 1;
    event.set_cookie_count = 0;
    const found = worker.sku < world.goods.count && world.goods.hasStore(worker.zip);
    respond(event, random, found ? 200 : 404, found ? 740 : 70, 70);
    yield due(event);
  }
}
