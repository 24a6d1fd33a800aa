import type { Campaign } from '../../../lib/contracts/generated.ts';
import type { CampaignBook } from './campaign-book.ts';

/** Whether a campaign was none after all: its policy took it back, and it stops nothing any more. */
export const isTakenBack = ({ closed_at: closed, applied_action: action, signatures }: Campaign): boolean =>
  closed !== null && action === 'observe' && signatures.length > 0;

/**
 * Campaigns that were taken back and whose end one partition has yet to reach: whom they listed must be let go then, whatever
 * the book knew before.
 */
export class TakenBack {
  #version = -1;
  #ahead: Campaign[] = [];

  /** Those of the site that ended up to `at`, each once for each version of the book. */
  until(book: CampaignBook, site: string, at: number): readonly Campaign[] {
    if (this.#version !== book.version) {
      this.#version = book.version;
      this.#ahead = book.takenBack();
    }
    if (this.#ahead.length === 0) return this.#ahead;
    const isReached = (one: Campaign): boolean => one.site === site && one.closed_at! <= at;
    const reached = this.#ahead.filter(isReached);
    if (reached.length > 0) this.#ahead = this.#ahead.filter((one) => !isReached(one));
    return reached;
  }
}
