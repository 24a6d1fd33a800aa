import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { clientKey, formatNetwork, isV4, maskIp } from '../../../lib/ip.ts';
import { partBit } from '../../../lib/signature/standing.ts';
import { clientCountIndex, clientCountNames, flag, networkCountIndex, networkCountNames } from '../layout.ts';
import { standingOut } from '../standing-out.ts';
import { AddressWindows, windowColumn } from '../state/address-windows.ts';
import { known, type RequestFacts } from '../state/request-facts.ts';
import type { TableSnapshot } from '../state/segmented-table.ts';
import type { CountedEndpoint } from './counted-endpoint.ts';
import type { Pane } from './pane.ts';

const loginBit = partBit('login');
const paymentBit = partBit('payment');
const leastRequests = Math.min(standingOut.requests20s, standingOut.failing60s, standingOut.missing60s);

export interface LocalGroupsState {
  readonly addresses: TableSnapshot | undefined;
  readonly networks: TableSnapshot | undefined;
}

/**
 * The last minute of every address and, where a policy asks, of every network. Both lie on one partition as a whole:
 * the few that stand out are reported with the pane, nothing is merged.
 */
export class LocalGroups {
  readonly addresses: AddressWindows;
  /** null: no policy asked yet. */
  networks: AddressWindows | null;
  readonly #limit: number;

  constructor(limit: number, state?: LocalGroupsState) {
    this.#limit = limit;
    this.addresses = new AddressWindows(limit, state?.addresses);
    this.networks = state?.networks === undefined ? null : new AddressWindows(limit, state.networks);
  }

  /** Looks at what `add` will open: state/look-ahead.ts. */
  touch(facts: RequestFacts): number {
    return this.addresses.touch(facts.clientLo, facts.clientHi);
  }
  touchEntries(facts: RequestFacts): number {
    return this.addresses.touchEntry(facts.clientLo, facts.clientHi);
  }

  add(
    event: EnrichedRequest,
    { site, part, isLoginForm }: CountedEndpoint,
    facts: RequestFacts,
    second: number,
    flags: number,
    pane: Pane,
  ): void {
    const { endpointLo, softwareLo } = facts;
    const target = facts.target ^ endpointLo;

    const { addresses } = this;
    addresses.open(facts.clientLo, facts.clientHi, second);
    const identified = isIdentified(event, facts, flags);
    count(addresses, facts, flags, identified);
    if (part === loginBit) countLogin(addresses, flags);
    else if (isLoginForm) addresses.addForm();
    addresses.mark(endpointLo, softwareLo, target, facts.sessionLo, (flags & flag.newSession) === 0);
    if (
      isSparedSeries(flags) ||
      (isDeclinedPayment(flags, part) &&
        addresses.minute(windowColumn.failing) - addresses.minute(windowColumn.loginFailing) >=
          standingOut.declined60s) ||
      // what nothing that counts requests can be above: most addresses send few
      (addresses.minute(windowColumn.requests) >= leastRequests &&
        (addresses.recent(windowColumn.requests) >= standingOut.requests20s ||
          addresses.minute(windowColumn.failing) >= standingOut.failing60s ||
          addresses.minute(windowColumn.missing) >= standingOut.missing60s)) ||
      ((flags & flag.newSession) !== 0 && addresses.distinct('members') >= standingOut.sessions60s)
    )
      pane.report('client', site, clientKey(event.request.client_ip), clientCounts(addresses, flags, part));

    if (!pane.plan.networks) return;
    this.networks ??= new AddressWindows(this.#limit);
    const { networks } = this;
    networks.open(facts.networkLo, facts.networkHi, second);
    count(networks, facts, flags, identified);
    if ((flags & flag.direct) !== 0) networks.add(windowColumn.direct);
    networks.mark(endpointLo, softwareLo, target, facts.clientLo, false);
    if (
      networks.minute(windowColumn.failing) >= standingOut.failing60s ||
      networks.minute(windowColumn.missing) >= standingOut.missing60s ||
      networks.distinct('members') >= standingOut.addresses60s
    )
      pane.report('network', site, networkKey(event.request.client_ip), networkCounts(networks, flags));
  }
}

/** Carried a partner or an API key, or is let in with a name of its own, and is no person's: its owner answers for it. */
function isIdentified(event: EnrichedRequest, { present }: RequestFacts, flags: number): boolean {
  if ((present & (known.partner | known.apiKey)) !== 0) return true;
  if ((flags & flag.signedIn) === 0) return false;
  const { client_class: ofSoftware } = event;
  return ofSoftware === 'server' || ofSoftware === 'unknown';
}

function count(windows: AddressWindows, { present }: RequestFacts, flags: number, identified: boolean): void {
  windows.add(windowColumn.requests);
  if ((flags & flag.failing) !== 0) windows.add(windowColumn.failing);
  if ((flags & flag.missing) !== 0) windows.add(windowColumn.missing);
  if ((present & known.answer) !== 0) windows.add(windowColumn.known);
  if (identified) windows.add(windowColumn.identified);
}

function countLogin(addresses: AddressWindows, flags: number): void {
  if ((flags & flag.failing) !== 0) addresses.add(windowColumn.loginFailing);
  if ((flags & flag.succeeding) !== 0) addresses.addLetIn((flags & flag.paged) !== 0);
}

/** A series of somebody who looked at the site first: whoever did not is told by that. */
function isSparedSeries(flags: number): boolean {
  return (flags & (flag.serial | flag.direct)) === flag.serial;
}

const isDeclinedPayment = (flags: number, part: number): boolean =>
  (flags & flag.declined) !== 0 && part === paymentBit;

function networkKey(ip: Buffer): string {
  const prefix = isV4(ip) ? 96 + 24 : 48;
  return formatNetwork({ address: maskIp(ip, prefix), prefix });
}

/**
 * People behind an address: sessions that come back are kept by somebody; whose every request brings a new one shows
 * nobody. That is seen after a while: a class that has just sat down asks for the first time.
 */
function visitors(windows: AddressWindows, requests: number, recent: number): number {
  return Math.max(
    1,
    windows.distinct('agents'),
    windows.distinct(isEarly(requests, recent) ? 'members' : 'returning'),
  );
}

/** Most of what the address sent in a minute is of the last twenty seconds. */
const isEarly = (requests: number, recent: number): boolean => requests < 2 * recent;

function clientCounts(windows: AddressWindows, flags: number, part: number): number[] {
  const counts = new Array<number>(clientCountNames.length).fill(0);
  const requests = windows.minute(windowColumn.requests);
  const recent = windows.recent(windowColumn.requests);
  counts[clientCountIndex.requests_20s] = recent;
  counts[clientCountIndex.requests_60s] = requests;
  counts[clientCountIndex.failing_60s] = windows.minute(windowColumn.failing);
  counts[clientCountIndex.missing_60s] = windows.minute(windowColumn.missing);
  counts[clientCountIndex.known_60s] = windows.minute(windowColumn.known);
  counts[clientCountIndex.login_failing_60s] = windows.minute(windowColumn.loginFailing);
  counts[clientCountIndex.identified_60s] = windows.minute(windowColumn.identified);
  counts[clientCountIndex.endpoints_60s] = windows.distinct('endpoints');
  counts[clientCountIndex.targets_60s] = windows.distinct('targets');
  counts[clientCountIndex.agents_60s] = windows.distinct('agents');
  counts[clientCountIndex.sessions_60s] = windows.distinct('members');
  counts[clientCountIndex.visitors_60s] = visitors(windows, requests, recent);
  const { letIn, pagedIn, forms } = windows.people;
  counts[clientCountIndex.let_in] = Math.round(letIn) + (isEarly(requests, recent) ? forms : 0);
  counts[clientCountIndex.paged_in] = Math.round(pagedIn);
  counts[clientCountIndex.verified] = (flags & flag.verified) !== 0 ? 1 : 0;
  counts[clientCountIndex.declined] = isDeclinedPayment(flags, part) ? 1 : 0;
  counts[clientCountIndex.serial] = isSparedSeries(flags) ? 1 : 0;
  return counts;
}

function networkCounts(windows: AddressWindows, flags: number): number[] {
  const counts = new Array<number>(networkCountNames.length).fill(0);
  counts[networkCountIndex.requests_60s] = windows.minute(windowColumn.requests);
  counts[networkCountIndex.failing_60s] = windows.minute(windowColumn.failing);
  counts[networkCountIndex.missing_60s] = windows.minute(windowColumn.missing);
  counts[networkCountIndex.known_60s] = windows.minute(windowColumn.known);
  counts[networkCountIndex.direct_60s] = windows.minute(windowColumn.direct);
  counts[networkCountIndex.identified_60s] = windows.minute(windowColumn.identified);
  counts[networkCountIndex.clients_60s] = windows.distinct('members');
  counts[networkCountIndex.agents_60s] = windows.distinct('agents');
  counts[networkCountIndex.verified] = (flags & flag.verified) !== 0 ? 1 : 0;
  return counts;
}
