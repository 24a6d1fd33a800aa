import type { EnrichedRequest, GoodClient } from '../../../lib/contracts/generated.ts';
import { clientAddress, formatIp } from '../../../lib/ip.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { fingerprintOf } from '../../../lib/pass/binding.ts';
import { history, meets, namesOf, signedIn, sparedBy, verified } from '../../../lib/signature/standing.ts';
import { createTwoGenerationCache } from '../../../lib/two-generation-cache.ts';
import { journeyMask } from '../layout.ts';
import type { RequestFacts } from '../state/request-facts.ts';
import type { CampaignBook } from './campaign-book.ts';

/** A client stays listed this long after its last word, and is listed again when half of it is over. */
const listedMs = 30 * 60_000;
/** Words are kept no longer than in a pass: then the visit counts anew. */
const visitMs = 4 * 3_600_000;
const remembered = 200_000;

interface Listed {
  readonly words: number;
  readonly untilAt: number;
  readonly visitStartedAt: number;
}

/** A signature that spares the good, for as long as it is in force. */
interface Sparing {
  readonly required: number;
  readonly fromAt: number;
  readonly untilAt: number;
}

/**
 * Says who is good while a signature in force at the site spares the good, for edges that know clients by a list (ADR 23).
 * What was said is in no checkpoint: said again it changes nothing.
 */
export class GoodClients {
  readonly #book: CampaignBook;
  readonly #listed = createTwoGenerationCache<string, Listed>(remembered);
  readonly #sparing = new Map<string, readonly Sparing[]>();
  #version = -1;

  constructor(book: CampaignBook) {
    this.#book = book;
  }

  note(event: EnrichedRequest, facts: RequestFacts, standing: number, outputs: Outgoing[]): void {
    const { site, timestamp, user_agent: agent, client_ip: ip } = event.request;
    const sparing = this.#sparingAt(site);
    if (sparing.length === 0) return;
    const shown =
      (standing & (journeyMask | signedIn)) | ((standing & (history | verified)) === 0 ? 0 : history);
    if (shown === 0) return;
    const key = `${site}|${facts.clientLo},${facts.clientHi}|${agent ?? ''}`;
    const known = this.#listed.get(key);
    const goesOn =
      known !== undefined && timestamp < known.untilAt && timestamp < known.visitStartedAt + visitMs;
    // The part of the request itself is missing from its own standing.
    const words = goesOn ? known.words | shown : shown;
    if (goesOn && words === known.words && timestamp < known.untilAt - listedMs / 2) return;
    const isEnough = sparing.some(
      ({ required, fromAt, untilAt }) => timestamp >= fromAt && timestamp < untilAt && meets(words, required),
    );
    if (!isEnough) return;
    const untilAt = timestamp + listedMs;
    this.#listed.set(key, { words, untilAt, visitStartedAt: goesOn ? known.visitStartedAt : timestamp });
    const value: GoodClient = {
      site,
      client: formatIp(clientAddress(ip)),
      // Edges hash the bytes of the header.
      fingerprint: fingerprintOf([Buffer.from(agent ?? '', 'utf8').toString('latin1')]),
      standing: namesOf(words),
      updated_at: timestamp,
      until_at: untilAt,
    };
    outputs.push({
      topic: 'good-clients',
      key: `${site}|${value.client}|${value.fingerprint}`,
      type: 'GoodClient',
      value,
    });
  }

  #sparingAt(site: string): readonly Sparing[] {
    if (this.#version !== this.#book.version) {
      this.#version = this.#book.version;
      this.#sparing.clear();
    }
    let found = this.#sparing.get(site);
    if (found === undefined) {
      found = this.#book.sparing(site).map(({ signature, fromAt, untilAt }) => ({
        required: sparedBy(signature) ?? 0,
        fromAt,
        untilAt,
      }));
      this.#sparing.set(site, found);
    }
    return found;
  }
}
