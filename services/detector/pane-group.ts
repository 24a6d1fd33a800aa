import type { GroupPartial } from '../../lib/contracts/generated.ts';

/** One request of a group, picked by a uniform hash. What keeps samples keeps many, for hours: numbers, no buffers. */
export interface Sample {
  /** 53 bits of the hash of the event id. The samples of a group are those with the smallest. */
  readonly order: number;
  readonly event_id: string;
  /** 53 bits of the hash of its client (lane `client`). */
  readonly client: number;
  /** Bits of `flag` in layout.ts. */
  readonly flags: number;
  /** The mined attributes and the traits, in the order of layout.ts. */
  readonly attributes: readonly (string | null)[];
}

/** Partial aggregates of one group as the steps hold them; in a frame the samples stand packed, apart from the groups. */
export interface PaneGroup<S = Sample> extends Omit<GroupPartial, 'samples'> {
  readonly samples: readonly S[];
}

/** 53 bits of the hash of an event id as one number. */
export const orderOf = (lo: number, hi: number): number => (hi >>> 0) * 2 ** 21 + (lo >>> 11);
/** 53 bits of the hash of a client as one number; its last 32 are those of `lo`. */
export const clientOf = (lo: number, hi: number): number => (hi >>> 11) * 2 ** 32 + (lo >>> 0);
