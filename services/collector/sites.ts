import type { SiteConfig } from './config.ts';

/** Which site an event belongs to, and all sites that may occur: ticks must reach every one. */
export interface Sites {
  /** By the event's own word, else by its host (in lower case), else `default`. */
  of(explicit: string | null, host: string): string;
  /** null when the site is not known and may not be added. */
  admits(explicit: string): boolean;
  all(): readonly string[];
}

export const defaultSite = 'default';
/** Sites that events may bring along where none are configured. */
const maxUnconfigured = 64;

export function createSites(configured: readonly SiteConfig[]): Sites {
  const byHost = new Map<string, string>();
  for (const site of configured) for (const host of site.hosts) byHost.set(host.toLowerCase(), site.id);
  const known = new Set([defaultSite, ...configured.map(({ id }) => id)]);
  const open = configured.length === 0;
  let list = [...known];
  return {
    of: (explicit, host) => explicit ?? byHost.get(host) ?? defaultSite,
    admits: (site) => {
      if (known.has(site)) return true;
      if (!open || known.size > maxUnconfigured) return false;
      known.add(site);
      list = [...known];
      return true;
    },
    all: () => list,
  };
}
