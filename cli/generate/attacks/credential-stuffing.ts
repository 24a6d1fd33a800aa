import { proxyExit } from '../addresses.ts';
import { bankApiHost } from '../bank.ts';
import { toolFingerprints } from '../browsers.ts';
import { type Appearance, createEvent, type Due, due, programAppearance, respond } from '../event.ts';
import { kitAppearance, type Partner } from '../partners.ts';
import { guessedAccount } from '../people.ts';
import { chance, integer, logNormal, pick, type Random, token, weighted } from '../random.ts';
import type { World } from '../world.ts';
import { type AttackOptions, pace } from './attack.ts';

type Toolkit = 'kit-imitation' | 'browser-rotation' | 'script';
const toolkit = weighted<Toolkit>([
  ['kit-imitation', 50],
  ['browser-rotation', 36],
  ['script', 14],
]);
const scriptAgents = [
  'python-requests/2.31.0',
  'python-requests/2.28.1',
  'Go-http-client/1.1',
  'okhttp/3.12.1',
  undefined,
];

/** A stuffing tool gets some attributes right and others wrong, and no two tools the same ones. */
function toolAppearance(world: World, partner: Partner, random: Random): Appearance {
  switch (toolkit(random)) {
    case 'kit-imitation': {
      const ja4 = chance(random, 0.8) ? toolFingerprints[3] : pick(random, toolFingerprints);
      return {
        ...kitAppearance(partner, random),
        ja4,
        ja4Resumed: ja4,
        httpVersion: chance(random, 0.7) ? '1.1' : '2',
      };
    }
    case 'browser-rotation': {
      const ja4 = pick(random, toolFingerprints.slice(0, 3));
      const { userAgent } = world.browsers.person(random, 'en-US,en;q=0.9');
      return {
        userAgent,
        acceptLanguage: chance(random, 0.75) ? 'en-US,en;q=0.9' : undefined,
        httpVersion: '1.1',
        tlsVersion: chance(random, 0.8) ? 'TLSv1.3' : 'TLSv1.2',
        ja4,
        ja4Resumed: ja4,
      };
    }
    case 'script': {
      const ja4 = pick(random, [toolFingerprints[0], toolFingerprints[1], toolFingerprints[4]]);
      return programAppearance(pick(random, scriptAgents), ja4);
    }
  }
}

/**
 * A list of stolen passwords tried at the bank through all its partners at once: rented residential exits and
 * bulletproof hosters, a few tries each, a new session for nearly every try, about one try in thirty right.
 */
export function* stuffCredentials(
  world: World,
  partners: readonly Partner[],
  random: Random,
  options: AttackOptions,
): Generator<Due, void> {
  const exits: string[] = [];
  let session = token(random, 26);
  for (const now of pace(random, options)) {
    let exit: string;
    if (exits.length > 50 && chance(random, 0.4)) exit = pick(random, exits);
    else {
      exit = proxyExit(random, { hosting: 0.22, vpn: 0.06, foreign: 0.8 });
      if (exits.length < 400) exits.push(exit);
      else exits[integer(random, exits.length)] = exit;
    }
    const partner = pick(random, partners);
    const look = chance(random, options.stealth)
      ? kitAppearance(partner, random)
      : toolAppearance(world, partner, random);
    const event = createEvent(now, exit, look, false, bankApiHost, 'POST', '/partner/v2/login');
    if (chance(random, 0.96)) session = token(random, 26);
    event.session_id = session;
    event.account_id = guessedAccount(random);
    event.partner_id = partner.id;
    event.api_key_id = partner.keyIds[chance(random, 0.9) ? 0 : 1];
    event.cookie_count = 0;
    event.set_cookie_count = 0;
    event.request_bytes = Math.round(logNormal(random, 180, 0.08));
    const right = chance(random, 0.032);
    event.outcome = right ? 'success' : 'failure';
    respond(event, random, right ? 200 : chance(random, 0.03) ? 423 : 401, right ? 700 : 160, 285);
    yield due(event);
  }
}
