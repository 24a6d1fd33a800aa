import type { FastifyInstance } from 'fastify';
import type { Target } from '../../lib/contracts/generated.ts';
import type { Network } from '../../lib/ip.ts';
import type { ActionKind } from './decider/actions.ts';
import type { GoodList } from './good-list.ts';
import type { Plan } from './reconcile.ts';
import type { VendorHttp } from './vendor/vendor-http.ts';

/** What an entry names, as edges tell them apart. */
export const entryKinds = [
  'ip4',
  'ip6',
  'asn',
  'country',
  'ja3',
  'ja4',
  'session',
  'account',
  'api_key',
  'signature',
] as const;
export type EntryKind = (typeof entryKinds)[number];

/** One thing that is wanted at an edge: what several decisions about the same target amount to now. */
export interface Entry {
  /** Identity at every edge: kind and canonical value; addresses always with their length. */
  readonly key: string;
  readonly kind: EntryKind;
  /** `192.0.2.7/32`, `64500`, `DE`, a fingerprint, or the canonical text of a signature. */
  readonly value: string;
  readonly target: Target;
  readonly action: ActionKind;
  readonly decisionId: string;
  readonly site: string;
  readonly level: string;
  readonly reason: string;
  /** Requests behind it, all causes together: what it is worth a slot. */
  readonly requests: number;
  /** Campaigns among its causes: what a rule for one of them selects, an address of it need not hold again. */
  readonly campaignIds: readonly string[];
  /** Epoch ms. */
  readonly decidedAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
  /** A person asked for it: it comes before everything that was counted. */
  readonly byHand?: boolean;
}

/** One thing that is at the edge now. */
export interface ObservedEntry {
  readonly key: string;
  readonly kind: EntryKind;
  readonly value: string;
  /** Bears our mark; `unmarked`: the edge has no place for one, so what we never decided counts as foreign. */
  readonly owner: 'ours' | 'foreign' | 'unmarked';
  /** null where the edge does not say. */
  readonly decisionId: string | null;
  readonly action: ActionKind | null;
  /** Epoch ms; null where the edge keeps no end. */
  readonly expiresAt: number | null;
}

export interface Observed {
  readonly entries: readonly ObservedEntry[];
  /** Set when the edge differs in a way its entries do not show (a file edited by hand), so it must be written anew. */
  readonly damaged: string | null;
  /**
   * Set while the edge itself is still bringing about what it was given (an activation that takes minutes): nothing is
   * left to do but to look again after a while.
   */
  readonly pending?: Pending | null;
}

export interface Pending {
  readonly what: string;
  readonly lookAgainMs: number;
}

/** Entries that share a limit: a list, a set, a rule table. */
export interface Pool {
  readonly name: string;
  readonly holds: readonly EntryKind[];
  readonly capacity: number;
  /** How much of the capacity an entry takes, a whole number above 0. Left out: 1. */
  readonly slotsOf?: (entry: Entry) => number;
}

/** Languages in which an edge states a signature. */
export type RuleLanguage =
  | 'none'
  | 'nginx'
  | 'haproxy'
  | 'envoy'
  | 'cloudflare'
  | 'aws-waf'
  | 'fastly'
  | 'cloud-armor';

/** What an edge can do; the reconcile and the loop know nothing else about it. */
export interface EdgeDescriptor {
  readonly kind: string;
  readonly pools: readonly Pool[];
  readonly actions: readonly ActionKind[];
  /** Content can only be replaced as a whole, so foreign content is at risk: refused unless `adopt`. */
  readonly replaceOnly: boolean;
  /** Longest IPv6 prefix it takes; narrower entries are left out, never widened. */
  readonly longestV6Prefix: number;
  /** Rules for signatures, where it has a language for them. */
  readonly ruleLanguage: RuleLanguage;
  /** Whether entries end by themselves at the edge. */
  readonly nativeTtl: boolean;
  /**
   * How concurrent writers are told apart. `token`: a write names the state it was planned on and fails with `conflict`
   * when another writer came in between. `none`: a new owner waits until an apply of the old one can no longer run.
   */
  readonly lock: 'none' | 'token';
  /** Its content is in this process, and gone with it. Left out: it is at the edge. */
  readonly isVolatile?: true;
  /** `account`: one for all instances, written by one elected owner. `instance`: each instance has its own. */
  readonly scope: 'account' | 'instance';
  /** Changes within this time are applied together. */
  readonly coalesceMs: number;
  /** Least time from the begin of one change to the next, where a change costs the edge much. Left out: 0. */
  readonly paceMs?: number;
  /**
   * How long after an acknowledged apply a read may still show the old content (asynchronous operations, eventual
   * visibility). Until then a difference is no fault, and nothing is written a second time. Left out: 0.
   */
  readonly visibleWithinMs?: number;
  /** An apply that takes longer is aborted. Left out: 60 s. */
  readonly applyWithinMs?: number;
}

/** Why an edge call failed: a state people see, and what the loop does next. */
export type EdgeFault =
  | 'credential'
  | 'missing'
  | 'full'
  | 'invalid'
  | 'conflict'
  | 'throttled'
  | 'unavailable'
  | 'rejected'
  | 'unverified';

export class EdgeError extends Error {
  readonly fault: EdgeFault;
  /** Earliest time to try again, when the edge said so. */
  readonly retryAfterMs: number | null;
  constructor(fault: EdgeFault, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'EdgeError';
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/**
 * One WAF, CDN, proxy or list. The loop calls `observe` and `apply` one at a time, retries, and verifies by observing
 * again; an edge only says truthfully what is there and writes what the plan says, removals before additions. Both
 * throw EdgeError. After `signal` is aborted nothing more may be sent: the edge may have another writer by then.
 * `close` leaves the content in place: a stopped Tidegate must not unblock everybody.
 */
export interface Edge {
  readonly descriptor: EdgeDescriptor;
  /** Counts its requests itself, by the status they were answered with; else the loop counts its calls. */
  readonly countsRequests?: boolean;
  /** `wanted`: what is desired now, for edges that have no room for more than a hash of an entry. */
  observe(signal: AbortSignal, wanted?: readonly Entry[]): Promise<Observed>;
  apply(plan: Plan, signal: AbortSignal): Promise<void>;
  /**
   * Whether the edge still holds what the last `observe` said and every `apply` since has written: a look that costs no
   * more with more entries. Where it exists, a change of some entries is planned and written without a look at all the
   * others; `observe` has to show an entry that was written as it was given (nothing rounded, nothing left away). Edges
   * without it are looked at for every change. Throws EdgeError.
   */
  isAsKnown?(signal: AbortSignal): Promise<boolean>;
  /** null when the edge can express the entry, else why not. Asked for kinds that its pools hold. */
  inexpressible?(entry: Entry): string | null;
  /** Edges that serve their list themselves add their routes to the decisions API. */
  register?(app: FastifyInstance): void;
  close(): Promise<void>;
}

/** What every edge is created with. */
export interface EdgeDependencies {
  readonly name: string;
  /** Whether the edge is to enforce; changes at run time (`tidegate edges arm`). */
  readonly isArmed: () => boolean;
  readonly now: () => number;
  /** Networks that no rule may stop at `at`, read at every apply. */
  readonly exempt: (at: number) => readonly Network[];
  /** What ended lately: for readers that were there before this process and must be told. */
  readonly ended: () => readonly Entry[];
  /** Who is good, for an edge with `good_list`; left out: it only looks, and is to say what it could. */
  readonly good?: GoodList;
}

/** What edges that are a vendor's API are created with. */
export interface VendorEdgeDependencies extends EdgeDependencies {
  /** Budgets and circuits belong to credentials, which edges may share. */
  readonly vendorHttp: VendorHttp;
}
