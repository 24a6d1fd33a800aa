/** Something that a person should hear of. What ends is told again, with the same key and `resolved`. */
export interface Notice {
  readonly kind: 'campaign' | 'endpoint' | 'edge' | 'guard';
  /** The same for everything about one matter: its campaign, its edge. */
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  readonly level: string;
  readonly site: string | null;
  readonly title: string;
  /** A sentence or two. Never an address, an account, or anything else of a client. */
  readonly detail: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; null: it goes on. */
  readonly endedAt: number | null;
}

export const levels = ['informational', 'low', 'medium', 'high', 'critical'];
