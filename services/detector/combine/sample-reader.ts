import { enrichedSlots, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import type { RecordView } from '../../../lib/contracts/record-view.ts';
import { integerAt } from '../../../lib/contracts/zigzag.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { mostAddressBytes, writeAddress } from '../frames/address-text.ts';
import { addressNumber, networkNumber, ownWords, RowBlock, SampleRow } from '../frames/sample-row.ts';
import { SampleTexts } from '../frames/sample-texts.ts';
import { plainBytes } from '../frames/text-bytes.ts';
import { minedAttributes, type TraitName, traitIndex, traitNames } from '../layout.ts';
import { sampledValue } from '../nameable.ts';
import { clientOf } from '../pane-group.ts';
import { afterText, placeOf, word } from '../state/request-facts.ts';
import type { CountedEndpoint } from './counted-endpoint.ts';
import { paramNames, type Sampled } from './sampled.ts';

type MinedName = (typeof minedAttributes)[number];

const columnOf = (name: MinedName | TraitName): number =>
  name in traitIndex ? traitIndex[name as TraitName] : minedAttributes.indexOf(name as MinedName);
/** Column and slot of each, one after the other. */
const columnsOf = (names: readonly (readonly [MinedName | TraitName, string])[]): Int32Array =>
  Int32Array.from(names.flatMap(([name, path]) => [columnOf(name), enrichedSlots[path]!]));

/** Attributes that are a text of the record, as it stands there. */
const texts = columnsOf([
  ['country', 'country'],
  ['end_user_country', 'end_user_country'],
  ['ja3', 'request.ja3'],
  ['ja4', 'request.ja4'],
  ['user_agent', 'request.user_agent'],
  ['browser', 'browser'],
  ['platform', 'platform'],
  ['accept_language', 'request.accept_language'],
  ['http_version', 'request.http_version'],
  ['tls_version', 'request.tls_version'],
  // named whole: the enricher bounds what it says itself
  ['proxy_operator', 'proxy_operator'],
  ['client_class', 'client_class'],
]);
const integers = columnsOf([
  ['asn', 'asn'],
  ['end_user_asn', 'end_user_asn'],
  ['browser_version', 'browser_version'],
]);
/** Of these it is said whether they are there. */
const presences = columnsOf([
  ['has_accept_language', 'request.accept_language'],
  ['has_referer', 'request.referer'],
]);
const columns = {
  address: columnOf('client_ip'),
  network: columnOf('network_24_48'),
  product: columnOf('product'),
  cookies: columnOf('has_cookie'),
  caller: columnOf('caller'),
  params: columnOf('param_names'),
} as const;
const slots = {
  address: enrichedSlots['request.client_ip']!,
  agent: enrichedSlots['request.user_agent']!,
  cookies: enrichedSlots['request.cookie_count']!,
  partner: enrichedSlots['request.partner_id']!,
  apiKey: enrichedSlots['request.api_key_id']!,
  eventId: enrichedSlots['request.event_id']!,
  hashes: enrichedSlots['hashes']!,
} as const;

const width = minedAttributes.length + traitNames.length;
/** Longer event ids are none of ours. */
const mostIdBytes = 64;
const rowWords = width + ownWords + mostIdBytes / 4;
const rowsPerBlock = 128;
/** More than honest traffic has: what was made up is forgotten. */
const mostTexts = 20_000;

const addressText = new Uint8Array(mostAddressBytes);

/**
 * Reads requests that groups keep as samples at once, while their bytes are at hand: a second later they are in no cache
 * any more, and what was kept until then made work for the garbage collector.
 */
export class SampleReader {
  #texts = new SampleTexts();
  #block = new RowBlock(rowsPerBlock * rowWords);
  #rows = 0;

  /** `endpoint`: of the request. */
  read(event: EnrichedRequest, endpoint: CountedEndpoint | null, flags: number, order: number): Sampled {
    const view = viewOf(event);
    const idBytes = view === null ? -1 : plainIdBytes(view);
    if (view === null || endpoint === null || idBytes < 0) return { event, flags, order, sample: null };
    if (this.#rows === rowsPerBlock) {
      this.#block = new RowBlock(rowsPerBlock * rowWords);
      this.#rows = 0;
    }
    if (this.#texts.size > mostTexts) this.#texts = new SampleTexts();
    const block = this.#block;
    const at = this.#rows++ * rowWords;
    const { words } = block;
    this.#attributes(event, view, words, at);
    endpoint.sampled(this.#texts, words, at);
    const bytes = view.$bytes;
    copy(bytes, placeOf(view, slots.address), 16, block.bytes, 4 * (at + width));
    words[at + width + ownWords - 1] = idBytes;
    copy(bytes, placeOf(view, slots.eventId) + 1, idBytes, block.bytes, 4 * (at + width + ownWords));
    const client = placeOf(view, slots.hashes) + lanes.client;
    return new SampleRow(
      { order, flags, client: clientOf(word(bytes, client), word(bytes, client + 4)) },
      this.#texts,
      { block, at, width, most: this.#most(block, at, idBytes) },
    );
  }

  /** All but those that its endpoint says. */
  #attributes(event: EnrichedRequest, view: RecordView, words: Int32Array, at: number): void {
    const known = this.#texts;
    const bytes = view.$bytes;
    for (let index = 0; index < texts.length; index += 2) {
      const place = placeOf(view, texts[index + 1]!);
      if (place !== 0) words[at + texts[index]!] = known.numberAt(bytes, place, sampledValue);
    }
    for (let index = 0; index < integers.length; index += 2) {
      const place = placeOf(view, integers[index + 1]!);
      if (place !== 0) words[at + integers[index]!] = known.numberOfInteger(integerAt(bytes, place));
    }
    for (let index = 0; index < presences.length; index += 2)
      words[at + presences[index]!] = known.yesNo(placeOf(view, presences[index + 1]!) !== 0);
    const agent = placeOf(view, slots.agent);
    if (agent !== 0) words[at + columns.product] = known.numberOfWordAt(bytes, agent, sampledValue);
    const cookies = placeOf(view, slots.cookies);
    if (cookies !== 0) words[at + columns.cookies] = known.yesNo(integerAt(bytes, cookies) > 0);
    if (placeOf(view, slots.partner) !== 0) words[at + columns.caller] = known.numberOf('partner');
    else if (placeOf(view, slots.apiKey) !== 0) words[at + columns.caller] = known.numberOf('key');
    const names = paramNames(event);
    if (names !== null) words[at + columns.params] = known.numberOf(names);
    words[at + columns.address] = addressNumber;
    words[at + columns.network] = networkNumber;
  }

  /** What the row takes in a frame at most. */
  #most({ words, bytes }: RowBlock, at: number, idBytes: number): number {
    const known = this.#texts;
    // as `textBytes` has it, of plain ASCII
    let most = plainBytes(6 + idBytes);
    for (let column = 0; column < width; column++) {
      if (column === columns.address || column === columns.network)
        most += 6 + writeAddress(bytes, 4 * (at + width), column === columns.network, addressText, 0);
      else most += known.most(words[at + column]!);
    }
    return most;
  }
}

function copy(from: Uint8Array, start: number, size: number, to: Uint8Array, at: number): void {
  for (let index = 0; index < size; index++) to[at + index] = from[start + index]!;
}

/** Bytes of the event id; -1: it is long, or not plain ASCII. */
function plainIdBytes(view: RecordView): number {
  const bytes = view.$bytes;
  const place = placeOf(view, slots.eventId);
  const end = afterText(bytes, place);
  const size = end - place - 1;
  if (bytes[place]! > 127 || size > mostIdBytes) return -1;
  for (let at = place + 1; at < end; at++) if (bytes[at]! > 127) return -1;
  return size;
}
