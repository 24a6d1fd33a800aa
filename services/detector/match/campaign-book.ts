import type { Campaign, CampaignTick, EnrichedRequest, Signature } from '../../../lib/contracts/generated.ts';
import type { LogBatch } from '../../../lib/log/log.ts';
import { withoutOperation } from '../../../lib/path/operations.ts';
import { endpointTest, wordVariable } from '../../../lib/path/word-family.ts';
import { compileSignature, valuesNamed } from '../../../lib/signature/signature.ts';
import { sparedBy } from '../../../lib/signature/standing.ts';
import { Changes } from '../changes.ts';
import { endpointOfPair, endpointParts, isPair } from '../groups.ts';
import { isTakenBack } from './taken-back.ts';

/** A signature in force over a stretch of event time. */
export interface InForce {
  /** The revision that brought this version of the signature: what a verdict quotes, however much was read since. */
  readonly campaign: Campaign;
  /** End of the campaign as last read; null while it goes on. */
  readonly closedAt: number | null;
  readonly signature: Signature;
  readonly test: (event: EnrichedRequest) => boolean;
  readonly fromAt: number;
  readonly untilAt: number;
  /** Sent to an endpoint that is none of the campaign's own: what it does not select there is as good as ever. */
  readonly ahead: boolean;
}

/** match is never this far behind; older ended campaigns can concern no request. */
const rememberEndedMs = 86_400_000;

interface SiteBook {
  /** By endpoint; '' for signatures that name none. */
  readonly byEndpoint: Map<string, InForce[]>;
  /** Those of its keys that stand for several endpoints, with a test for their members. */
  readonly families: Map<string, (endpoint: string) => boolean>;
  readonly campaigns: Map<string, Campaign>;
  /** By campaign, then version: the revision that brought it. */
  readonly firstRevisions: Map<string, Map<number, Campaign>>;
}

/**
 * What `campaigns` says, shared by all partitions of one process: every instance reads the whole topic. A revision
 * carries the whole history of its signatures with the times they hold, so the answer for an event of time t is the
 * same whenever the clock has reached t, however far ahead this book has been read.
 */
export class CampaignBook {
  readonly #clocks = new Map<number, number>();
  readonly #sites = new Map<string, SiteBook>();
  readonly #changes = new Changes();
  /** Raised by every revision taken in: what `concerning` answered before may hold no more. */
  version = 0;

  take(batch: LogBatch<'campaigns'>): void {
    for (const record of batch.records) {
      if (record.type === 'Campaign') this.#revision(record.value);
      else this.#tick(record.value);
    }
    this.#changes.announce();
  }

  #tick(tick: CampaignTick): void {
    // a closed stream says nothing more, so nothing needs to be waited for
    this.#clocks.set(tick.reducer, tick.closing ? Infinity : tick.clock_at);
  }

  #revision(campaign: Campaign): void {
    let site = this.#sites.get(campaign.site);
    if (site === undefined) {
      site = { byEndpoint: new Map(), families: new Map(), campaigns: new Map(), firstRevisions: new Map() };
      this.#sites.set(campaign.site, site);
    }
    const known = site.campaigns.get(campaign.campaign_id);
    if (known !== undefined && known.revision >= campaign.revision) return;
    this.version++;
    site.campaigns.set(campaign.campaign_id, campaign);
    if (known === undefined) this.#forget(site, campaign.updated_at - rememberEndedMs);
    for (const list of site.byEndpoint.values()) {
      const kept = list.filter((inForce) => inForce.campaign.campaign_id !== campaign.campaign_id);
      list.splice(0, list.length, ...kept);
    }
    const first = site.firstRevisions.get(campaign.campaign_id) ?? new Map<number, Campaign>();
    site.firstRevisions.set(campaign.campaign_id, first);
    for (const version of campaign.signatures) {
      const bringing = first.get(version.version) ?? campaign;
      first.set(version.version, bringing);
      const inForce: InForce = {
        campaign: bringing,
        closedAt: campaign.closed_at,
        signature: version.signature,
        test: compileSignature(version.signature),
        fromAt: version.from_at,
        untilAt: version.until_at ?? Infinity,
        ahead: isAhead(bringing, version.signature),
      };
      for (const endpoint of valuesNamed(version.signature, 'endpoint') ?? ['']) {
        if (endpoint.includes(wordVariable) && !site.families.has(endpoint))
          site.families.set(endpoint, endpointTest(endpoint));
        const list = site.byEndpoint.get(endpoint);
        if (list === undefined) site.byEndpoint.set(endpoint, [inForce]);
        else {
          list.push(inForce);
          list.sort(inOrder);
        }
      }
    }
  }

  #forget(site: SiteBook, before: number): void {
    for (const [id, { closed_at: closed }] of site.campaigns) {
      if (closed === null || closed >= before) continue;
      site.campaigns.delete(id);
      site.firstRevisions.delete(id);
      for (const [endpoint, list] of site.byEndpoint) {
        const kept = list.filter((inForce) => inForce.campaign.campaign_id !== id);
        if (kept.length === 0) {
          site.byEndpoint.delete(endpoint);
          site.families.delete(endpoint);
        } else site.byEndpoint.set(endpoint, kept);
      }
    }
  }

  /** Signatures that may concern the endpoint, in order of version; usually none. */
  concerning(site: string, endpoint: string): readonly InForce[] {
    const book = this.#sites.get(site);
    if (book === undefined) return none;
    let scoped = book.byEndpoint.get(endpoint);
    for (const [family, belongs] of book.families)
      if (belongs(endpoint)) scoped = [...(scoped ?? none), ...book.byEndpoint.get(family)!].sort(inOrder);
    const anywhere = book.byEndpoint.get('');
    if (anywhere === undefined || anywhere.length === 0) return scoped ?? none;
    return scoped === undefined ? anywhere : [...scoped, ...anywhere];
  }

  /** Signatures of the site that spare the good, of campaigns that enforce. */
  sparing(site: string): readonly InForce[] {
    const found = new Set<InForce>();
    for (const list of this.#sites.get(site)?.byEndpoint.values() ?? [])
      for (const inForce of list)
        if (sparedBy(inForce.signature) !== null && inForce.campaign.mode !== 'simulate') found.add(inForce);
    return [...found];
  }

  /** Campaigns that their policies took back, in no order. */
  takenBack(): Campaign[] {
    return [...this.#sites.values()].flatMap(({ campaigns }) => [...campaigns.values()].filter(isTakenBack));
  }

  /** Whether a campaign concerns no request from `at` on; one that is not known was over a day ago. */
  isOver(campaignId: string, at: number): boolean {
    for (const { campaigns } of this.#sites.values()) {
      const campaign = campaigns.get(campaignId);
      if (campaign !== undefined) return campaign.closed_at !== null && campaign.closed_at <= at;
    }
    return true;
  }

  /** How far the reducer of a site has decided. */
  clock(reducer: number): number {
    return this.#clocks.get(reducer) ?? -Infinity;
  }

  /** Resolves at the next change; rejects once stopped. */
  changed(): Promise<void> {
    return this.#changes.next();
  }

  stop(): void {
    this.#changes.stop();
  }
}

const none: readonly InForce[] = [];

/** Whether a signature is about other endpoints than those that its campaign was about when it was sent. */
function isAhead({ scopes }: Campaign, signature: Signature): boolean {
  const named = valuesNamed(signature, 'endpoint');
  if (named === null) return false;
  return !scopes.some(({ kind, key }) => {
    if (kind !== 'endpoint' && !isPair(kind)) return true;
    const { endpoint } = endpointParts(withoutOperation(isPair(kind) ? endpointOfPair(kind, key) : key));
    return named.includes(endpoint);
  });
}

/**
 * Of two signatures that select a request the first counts, so their order must not depend on which revision was read
 * last: those that enforce before those that simulate, older campaigns first, then older versions.
 */
function inOrder(a: InForce, b: InForce): number {
  return (
    Number(a.campaign.mode === 'simulate') - Number(b.campaign.mode === 'simulate') ||
    a.campaign.opened_at - b.campaign.opened_at ||
    (a.campaign.campaign_id < b.campaign.campaign_id
      ? -1
      : a.campaign.campaign_id > b.campaign.campaign_id
        ? 1
        : 0) ||
    a.fromAt - b.fromAt
  );
}
