import { type CountName, paneMs } from '../../layout.ts';
import type { Read } from '../../policies/compiled-condition.ts';
import { boundCondition, type ConditionValues } from '../../policies/condition.ts';
import type { Policy } from '../../policies/load-policies.ts';
import type { FeatureSpec } from '../../policies/policy-schema.ts';
import { outage } from './outage.ts';
import { placeSpread } from './routes.ts';
import type { Scope } from './scope.ts';
import {
  analogues,
  contrastOf,
  expected,
  featureValue,
  normal,
  type SiteState,
  siblingGrowth,
  type WatchedScope,
} from './site-state.ts';

type Ask = Read<ScopeFigures>;
type Members = { readonly [name: string]: Ask };

/** A policy on scopes, its conditions bound to the places of the figures they read. */
export interface ScopeRule {
  readonly policy: Policy;
  readonly condition: (figures: ScopeFigures) => boolean;
  /** null: it opens no campaign before its condition holds. */
  readonly sooner: ((figures: ScopeFigures) => boolean) | null;
  /** null: nothing refutes it. */
  readonly refuted: ((figures: ScopeFigures) => boolean) | null;
  /** Everything that its conditions can read, as the objects that CEL reads. */
  readonly values: (figures: ScopeFigures) => ConditionValues;
}

/** Works figures out that are known together, each for its place. */
type Work = (figures: ScopeFigures) => void;

/**
 * The figures that a set of policies asks of scopes. Each has a place, and policies that ask for the same share it:
 * conditions are asked of every scope every second, and a figure is worked out when one reads it, once for a pane.
 */
export class FigureTable {
  readonly works: Work[] = [];
  /** In the order of the policies. */
  readonly #rules: readonly ScopeRule[];
  readonly #byPolicy: ReadonlyMap<string, ScopeRule>;
  readonly #places = new Map<string, number>();

  constructor(policies: readonly Policy[]) {
    this.#rules = policies.map((policy) => this.#ruleOf(policy));
    this.#byPolicy = new Map(this.#rules.map((rule) => [rule.policy.document.id, rule]));
  }

  of({ document }: Policy): ScopeRule {
    return this.#byPolicy.get(document.id)!;
  }

  /** Policies that look at a scope. */
  rulesOn(scope: Scope): readonly ScopeRule[] {
    return this.#rules.filter(
      ({ policy }) => policy.scope === scope.kind && policy.matches({ endpoint: scope.traits }),
    );
  }

  #ruleOf(policy: Policy): ScopeRule {
    const { document } = policy;
    const alone: { [name: string]: Ask } = {};
    const groups: { [name: string]: Members } = { analogues: this.#analogues(policy) };
    const members: { readonly [call: string]: { [feature: string]: Ask } } = { excess: {}, surprise: {} };
    const normals: { [feature: string]: Members } = {};
    const shares: CountName[] = [];
    for (const { name, key, spec } of policy.features) {
      if (!policy.uses.has(name)) continue;
      alone[name] = this.#figures(`feature ${key}`, 1, (figures, [place]) => {
        const { state, watched, pane } = figures;
        figures.set(place, featureValue(state, watched.scope, spec, pane));
      })[0]!;
      normals[name] = this.#normal(key, spec);
      if (spec.type !== 'ratio') continue;
      shares.push(spec.of);
      const [excess, surprise] = this.#contrast(key, spec.of, spec.spanMs / paneMs);
      members.excess![name] = excess!;
      members.surprise![name] = surprise!;
    }
    const siblings = `siblings ${document.id}`;
    alone.siblings = this.#figures(siblings, 1, (figures, [place]) => {
      figures.set(place, siblingGrowth(figures.state, figures.watched.scope, figures.pane));
    })[0]!;
    alone.places = this.#figures('places', 1, (figures, [place]) => {
      figures.set(place, placeSpread(figures.watched.scope, figures.pane));
    })[0]!;
    alone.outage = this.#figures('outage', 1, (figures, [place]) => {
      figures.set(place, outage(figures.state, figures.watched, figures.pane));
    })[0]!;
    const { uses } = policy;
    const values = (figures: ScopeFigures): ConditionValues => ({
      ...answered(only(alone, uses), figures),
      ...(uses.has('analogues') ? { analogues: answered(groups.analogues!, figures) } : {}),
      endpoint: figures.watched.scope.traits,
      excess: answered(members.excess!, figures),
      surprise: answered(members.surprise!, figures),
      normal: Object.fromEntries(
        Object.entries(normals).map(([name, of]) => [name, answered(of, figures)] as const),
      ),
    });
    const names = (path: readonly string[]): Ask | null => {
      const [first = '', second = '', third = ''] = path;
      if (path.length === 1) return own(alone, first) ?? null;
      if (path.length === 3) return first === 'normal' ? (own(normals, second)?.[third] ?? null) : null;
      if (first === 'endpoint') return ({ watched }) => watched.scope.traits[second as keyof Scope['traits']];
      return own(own(groups, first) ?? own(members, first) ?? {}, second) ?? null;
    };
    // a share is expected as of the pane after something was learned, whether or not a condition reads it there
    const due =
      <Answer>(asked: (figures: ScopeFigures) => Answer) =>
      (figures: ScopeFigures): Answer => {
        figures.expect(policy, shares);
        return asked(figures);
      };
    const bound = (text: string) => due(boundCondition(text, names, values));
    return {
      policy,
      condition: bound(document.condition),
      sooner: document.sooner === undefined ? null : bound(document.sooner),
      refuted: document.refuted === undefined ? null : bound(document.refuted),
      values: due(values),
    };
  }

  /** Neighbouring places for figures that are worked out together, and how each is read. */
  #figures(
    what: string,
    count: number,
    work: (figures: ScopeFigures, places: readonly [number, number, number]) => void,
  ): Ask[] {
    let first = this.#places.get(what);
    if (first === undefined) {
      first = this.works.length;
      this.#places.set(what, first);
      const places = [first, first + 1, first + 2] as const;
      for (let index = 0; index < count; index++) this.works.push((figures) => work(figures, places));
    }
    return Array.from({ length: count }, (_, index) => {
      const place = first + index;
      return (figures) => figures.at(place);
    });
  }

  #contrast(key: string, name: CountName, panes: number): Ask[] {
    return this.#figures(`contrast ${key}`, 2, (figures, [excess, surprise]) => {
      const window = contrastOf(figures.state, figures.watched, name, figures.pane, panes);
      figures.set(excess, window.excess);
      figures.set(surprise, window.surprise);
    });
  }

  #normal(key: string, spec: FeatureSpec): Members {
    const [p50, p99, n] = this.#figures(`normal ${key}`, 3, (figures, [median, high, buckets]) => {
      const usual = normal(figures.state, figures.watched, key);
      figures.set(median, usual.p50);
      figures.set(high, usual.p99);
      figures.set(buckets, usual.n);
    });
    const learned: Members = {
      p50: p50!,
      p99: p99!,
      n: n!,
      rung: ({ state, watched }) => normal(state, watched, key).rung,
    };
    if (spec.type !== 'ratio') return learned;
    const [share, upper, samples] = this.#figures(
      `share ${spec.of}`,
      3,
      (figures, [usual, most, requests]) => {
        const known = expected(figures.state, figures.watched, spec.of);
        figures.set(usual, known.share);
        figures.set(most, known.upper);
        figures.set(requests, known.samples);
      },
    );
    return { ...learned, share: share!, upper: upper!, samples: samples! };
  }

  #analogues(policy: Policy): Members {
    const simulated = policy.document.mode === 'simulate';
    const [known, attacked] = this.#figures(`analogues ${policy.document.id}`, 2, (figures, [all, under]) => {
      const found = analogues(figures.state, figures.watched.scope, simulated);
      figures.set(all, found.known);
      figures.set(under, found.attacked);
    });
    return { known: known!, attacked: attacked! };
  }
}

function own<V>(of: { readonly [name: string]: V }, name: string): V | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

function only(of: Members, wanted: ReadonlySet<string>): Members {
  return Object.fromEntries(Object.entries(of).filter(([name]) => wanted.has(name)));
}

function answered(of: Members, figures: ScopeFigures): ConditionValues {
  return Object.fromEntries(Object.entries(of).map(([name, ask]) => [name, ask(figures)] as const));
}

/** The figures of one scope at the end of a pane. */
export class ScopeFigures {
  readonly table: FigureTable;
  readonly state: SiteState;
  readonly watched: WatchedScope;
  /** Policies that look at it: its traits never change. */
  readonly rules: readonly ScopeRule[];
  pane = -1;
  readonly #values: Float64Array;
  /** Of which pane the value at each place is. */
  readonly #panes: Float64Array;

  constructor(table: FigureTable, state: SiteState, watched: WatchedScope) {
    this.table = table;
    this.state = state;
    this.watched = watched;
    this.rules = table.rulesOn(watched.scope);
    this.#values = new Float64Array(table.works.length);
    this.#panes = new Float64Array(table.works.length).fill(-1);
  }

  /** null: unknown. */
  at(place: number): number | null {
    if (this.#panes[place] !== this.pane) this.table.works[place]!(this);
    const value = this.#values[place]!;
    return Number.isNaN(value) ? null : value;
  }

  set(place: number, value: number | null): void {
    this.#panes[place] = this.pane;
    this.#values[place] = value ?? Number.NaN;
  }

  /** Has what a policy expects worked out, unless nothing was learned since. */
  expect(policy: Policy, shares: readonly CountName[]): void {
    const { primed } = this.watched;
    if (primed.has(policy)) return;
    primed.add(policy);
    for (const name of shares) expected(this.state, this.watched, name);
  }
}

/** The figures of a scope at the end of `pane`, good until the next call for it. */
export function figuresOf(
  table: FigureTable,
  state: SiteState,
  watched: WatchedScope,
  pane: number,
): ScopeFigures {
  let { figures } = watched;
  if (figures === null || figures.table !== table) {
    figures = new ScopeFigures(table, state, watched);
    watched.figures = figures;
  }
  figures.pane = pane;
  return figures;
}
