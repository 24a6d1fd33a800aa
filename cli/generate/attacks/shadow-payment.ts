import { proxyExit } from '../addresses.ts';
import { toolFingerprints } from '../browsers.ts';
import { createEvent, type Due, due, respond } from '../event.ts';
import { chance, integer, pick, type Random, token, weighted } from '../random.ts';
import { shopHost } from '../shop.ts';
import type { World } from '../world.ts';
import { type AttackOptions, pace } from './attack.ts';

const fingerprint = weighted([
  [toolFingerprints[5]!, 62],
  [toolFingerprints[3]!, 22],
  [toolFingerprints[0]!, 9],
  [toolFingerprints[2]!, 7],
]);

/**
 * Buyers' bots at the wallet endpoint in the minute of a launch: almost every request from a new residential address,
 * straight to the payment call, with no cart and no page before it.
 */
export function* hammerWallet(world: World, random: Random, options: AttackOptions): Generator<Due, void> {
  let last = proxyExit(random, { hosting: 0, vpn: 0, foreign: 0.4 });
  for (const now of pace(random, options)) {
    if (!chance(random, 0.003)) last = proxyExit(random, { hosting: 0.05, vpn: 0.01, foreign: 0.4 });
    const genuine = chance(random, options.stealth);
    const chrome = world.browsers.currentChrome(random);
    const ja4 = genuine ? chrome.ja4 : fingerprint(random);
    const look = {
      userAgent: chrome.userAgent,
      acceptLanguage:
        genuine || chance(random, 0.85)
          ? pick(random, ['en-US,en;q=0.9', 'en-US,en;q=0.9', 'en-US', 'de-DE,de;q=0.9'])
          : undefined,
      httpVersion: '2',
      tlsVersion: 'TLSv1.3',
      ja4,
      ja4Resumed: ja4,
    };
    const event = createEvent(now, last, look, false, shopHost, 'POST', '/wallet/session');
    event.session_id = token(random, 22);
    event.referer = chance(random, 0.12) ? `https://${shopHost}/checkout` : undefined;
    event.cookie_count = 1 + integer(random, 3);
    event.set_cookie_count = chance(random, 0.5) ? 1 : 0;
    respond(event, random, pick(random, [200, 200, 409, 409, 429, 500]), 380, 380);
    yield due(event);
  }
}
