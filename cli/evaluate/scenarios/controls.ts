import type { ScenarioDraft } from '../scenario.ts';

/** Honest, and unlike yesterday. */
export const controls: readonly ScenarioDraft[] = [
  {
    name: 'flash-sale',
    title: 'sale: new and foreign visitors, deep links, retries, mistyped passwords',
    row: 'crowd',
    populations: ['shop', 'ticketing'],
    crowds: ['sale'],
  },
  {
    name: 'flash-sale-plain-log',
    title: 'the sale in a combined log',
    row: 'crowd',
    populations: ['shop'],
    crowds: ['sale'],
    format: 'combined',
  },
  {
    name: 'viral',
    title: 'a product page goes round abroad: direct visitors of one unusual country',
    row: 'crowd',
    populations: ['shop'],
    crowds: ['viral'],
  },
  {
    name: 'viral-cdn-log',
    title: 'the same in a CDN’s log: fingerprints, but no session, no cookies',
    row: 'crowd',
    populations: ['shop'],
    crowds: ['viral'],
    format: 'cdn',
  },
  {
    name: 'mailing',
    title: 'a mail with a page that exists only for it',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    crowds: ['landing'],
  },
  {
    name: 'app-release',
    title: 'a new app that calls new endpoints directly, or logs everybody out',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    crowds: ['app-release'],
  },
  {
    name: 'rebuilt-app',
    title:
      'a partner’s new app with another TLS library: what it had stored is refused, then people type passwords',
    row: 'crowd',
    populations: ['bank'],
    crowds: ['rebuilt-app'],
  },
  {
    name: 'locked-out',
    title: 'all sessions are revoked: apps are refused where they begin, and people type passwords',
    row: 'crowd',
    populations: ['bank'],
    crowds: ['locked-out'],
  },
  {
    name: 'login-outage',
    title: 'the identity provider is down for two minutes: every log-in fails',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    loginOutageMs: 120_000,
  },
  {
    name: 'calm',
    title: 'an ordinary quarter of an hour',
    row: 'quiet',
    populations: ['shop', 'bank', 'ticketing'],
  },
  {
    name: 'calm-plain-log',
    title: 'the same in a combined log',
    row: 'quiet',
    populations: ['shop'],
    format: 'combined',
  },
  {
    name: 'batch',
    title: 'a partner’s nightly batch, three passwords of ten out of date',
    row: 'quiet',
    populations: ['bank'],
    crowds: ['batch'],
  },
  {
    name: 'machines',
    title: 'search engines at ten times their pace, monitors, a declared crawler, a price comparison',
    row: 'quiet',
    populations: ['shop'],
    crowds: ['machines'],
  },
];
