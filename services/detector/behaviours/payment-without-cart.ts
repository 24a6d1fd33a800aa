import type { Behaviour } from './behaviour.ts';

export const paymentWithoutCart: Behaviour = {
  name: 'payment-without-cart',
  title: 'A payment without a cart',
  measures: 'Share of the payments by clients that filled no cart in this visit.',
  features: [{ type: 'ratio', of: 'skipped' }],
  groups: ['endpoint', 'partner_endpoint', 'asn_endpoint', 'country_endpoint', 'fingerprint_endpoint'],
  window: '1 s to 60 min',
  needs: ['endpoint'],
  lookAlikes: [
    'one-click purchases, invoices, subscriptions: where people pay without a cart, that is learned as normal',
  ],
  blindSpot: 'Attackers that fill a cart first.',
  tags: ['owasp.api6-2023', 'oat.oat-005', 'oat.oat-021'],
};
