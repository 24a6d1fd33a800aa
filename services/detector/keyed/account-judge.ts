import type { KeyedRecord, Verdict } from '../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { degradedBy, type LastLosses, noteLoss } from '../caps.ts';
import type { DetectorConfig } from '../config.ts';
import {
  type Episode,
  episodeVerdict,
  extend,
  type Figures,
  figureEvidence,
  openEpisode,
} from '../episode.ts';
import type { InputHistory } from '../frames/input-history.ts';
import { type AccountCountName, flag, paneMs } from '../layout.ts';
import { longestSpanMs, type Policy } from '../policies/load-policies.ts';
import { AccountWindows, accountColumn } from '../state/account-windows.ts';
import { eventHash, hashEventId } from '../state/event-hash.ts';
import type { TableSnapshot } from '../state/segmented-table.ts';
import { verdictOut } from '../verdict.ts';

export interface AccountJudgeState {
  readonly windows: TableSnapshot;
  readonly episodes: readonly (readonly [string, Episode])[];
  /** When a cap bit last. */
  readonly lost: LastLosses;
}

/** Accounts under verdict of one policy and partition; the oldest verdict is forgotten first. */
const mostEpisodes = 20_000;
const hour = 12;
const tenMinutes = 2;

/** An account of a pane, and the halves of the hash that it is found by. */
interface Account {
  readonly site: string;
  readonly key: string;
  readonly lo: number;
  readonly hi: number;
}

function accountOf({ site, key }: KeyedRecord, id: string): Account {
  // the key is a keyed pseudonym already
  hashEventId(id, 0);
  return { site, key, lo: eventHash.lo | 0, hi: eventHash.hi | 0 };
}

/** The accounts of one partition as one policy sees them: its filter decided which requests count. */
export class AccountJudge {
  readonly #policy: Policy;
  readonly #config: DetectorConfig;
  readonly #windows: AccountWindows;
  readonly #episodes: Map<string, Episode>;
  readonly #lost: LastLosses;
  /** Verdicts that were forgotten because there were too many. */
  forgottenEpisodes = 0;

  constructor(policy: Policy, config: DetectorConfig, state?: AccountJudgeState) {
    this.#policy = policy;
    this.#config = config;
    this.#windows = new AccountWindows(config.limits.accounts, state?.windows);
    this.#episodes = new Map(state?.episodes);
    this.#lost = new Map(state?.lost);
  }

  get entries(): number {
    return this.#windows.entries;
  }
  get limit(): number {
    return this.#windows.limit;
  }
  get evictions(): number {
    return this.#windows.evictions;
  }

  /** Takes in the records of a pane, then looks at each account that is in it. */
  pane(paneStart: number, records: readonly KeyedRecord[], history: InputHistory): Outgoing[] {
    const accounts = new Map<string, Account>();
    const before = this.#windows.evictions;
    for (const record of records) {
      const id = `${record.site}|${record.key}`;
      let account = accounts.get(id);
      if (account === undefined) {
        account = accountOf(record, id);
        accounts.set(id, account);
      }
      this.#count(record, account);
    }
    if (this.#windows.evictions > before) noteLoss(this.#lost, 'accounts', paneStart);
    const at = paneStart + paneMs + this.#config.lateness;
    const outputs: Outgoing[] = [];
    const values: { [name: string]: number | null } = {};
    for (const id of [...accounts.keys()].sort()) {
      const account = accounts.get(id)!;
      const { site, key } = account;
      this.#windows.open(account.lo, account.hi, Math.floor(paneStart / 1000));
      for (const { name, spec } of this.#policy.features)
        values[name] = spec.type === 'account' ? this.#figure(spec.of) : null;
      if (!this.#policy.condition(values)) continue;
      const figures = new Map(Object.entries(values));
      const verdict = this.#verdict(site, key, figures, paneStart, at, history);
      if (verdict !== null) outputs.push(verdictOut(verdict));
    }
    return outputs;
  }

  #count({ at, flags, client, target, known }: KeyedRecord, { lo, hi }: Account): void {
    const windows = this.#windows;
    windows.open(lo, hi, Math.floor(at / 1000));
    const address = client.readInt32LE(0);
    const failed = (flags & flag.failing) !== 0;
    windows.add(accountColumn.requests);
    if (known) windows.add(accountColumn.known);
    if ((flags & flag.missing) !== 0) windows.add(accountColumn.missing);
    windows.markClient(address, failed);
    windows.markTarget(target);
    if (failed) {
      windows.add(accountColumn.failing);
      if (!windows.isTrusted(address)) windows.add(accountColumn.strangerFailing);
    }
    if ((flags & flag.succeeding) !== 0) {
      windows.add(accountColumn.succeeding);
      windows.trust(address);
    }
  }

  /** null: no request said how it ended. */
  #figure(name: AccountCountName): number | null {
    const windows = this.#windows;
    const known = windows.sum(accountColumn.known, hour) > 0;
    switch (name) {
      case 'requests_60m':
        return windows.sum(accountColumn.requests, hour);
      case 'known_60m':
        return windows.sum(accountColumn.known, hour);
      case 'failing_60m':
        return known ? windows.sum(accountColumn.failing, hour) : null;
      case 'succeeding_60m':
        return known ? windows.sum(accountColumn.succeeding, hour) : null;
      case 'stranger_failing_60m':
        return known ? windows.sum(accountColumn.strangerFailing, hour) : null;
      case 'clients_60m':
        return windows.distinct('clients');
      case 'failing_clients_60m':
        return known ? windows.distinct('failingClients') : null;
      case 'targets_10m':
        return windows.distinct('targets');
      case 'missing_10m':
        return known ? windows.sum(accountColumn.missing, tenMinutes) : null;
    }
  }

  #verdict(
    site: string,
    key: string,
    figures: Figures,
    paneStart: number,
    at: number,
    history: InputHistory,
  ): Verdict | null {
    const id = `${site}|${key}`;
    let episode = this.#episodes.get(id);
    if (episode !== undefined && episode.untilAt <= at) {
      this.#episodes.delete(id);
      episode = undefined;
    }
    if (episode === undefined) {
      if (this.#episodes.size >= mostEpisodes) {
        this.#episodes.delete(this.#episodes.keys().next().value!);
        this.forgottenEpisodes++;
      }
      episode = openEpisode(paneStart, at);
      this.#episodes.set(id, episode);
    }
    if (!extend(episode, at, this.#policy.document.action.ttl)) return null;
    const evidence = figureEvidence(this.#policy, figures, Object.fromEntries(figures));
    const said = evidence
      .filter(({ observed }) => observed !== null)
      .map(({ name, observed }) => `${observed} ${name.replaceAll('_', ' ')}`)
      .join(', ');
    const degraded = degradedBy(this.#lost, paneStart);
    const inputs = history.within(paneStart / paneMs, longestSpanMs(this.#policy) / paneMs);
    const reason = `Account ${key}, over all its addresses: ${said}.`;
    return episodeVerdict(
      this.#policy,
      episode,
      { site, updated_at: at, reason, evidence, inputs, degraded },
      'account',
      key,
    );
  }

  snapshot(): AccountJudgeState {
    return { windows: this.#windows.snapshot(), episodes: [...this.#episodes], lost: this.#lost };
  }
}
