import { describe, expect, it } from 'vitest';
import { history, namesOf, partBit, several, signedIn } from '../../../../lib/signature/standing.ts';
import { habitOf, type Journeys, requirementOf } from './journeys.ts';

const [cart, content, login, account] = ['cart', 'content', 'login', 'account'].map(partBit) as [
  number,
  number,
  number,
  number,
];
const asked = (
  name: string,
  own: Journeys,
  ofClass: Journeys | null = null,
  write = true,
): readonly string[] | null => {
  const requirement = requirementOf({ function: name, write }, own, ofClass);
  return requirement === null ? null : namesOf(requirement.required);
};

describe('what leads to a part of the site', () => {
  it('is asked for where practically everybody has done it', () => {
    expect(
      asked(
        'payment',
        new Map([
          [cart | content, 990],
          [content, 10],
        ]),
      ),
    ).toEqual(['cart']);
    expect(
      asked(
        'payment',
        new Map([
          [cart | history, 200],
          [content, 2],
          [history, 800],
        ]),
      ),
    ).toEqual(['cart']);
  });

  it('is not asked for where the known have not done it either, though they are spared', () => {
    const kiosks: Journeys = new Map([
      [content, 10],
      [history, 990],
    ]);
    expect(asked('payment', kiosks)).toBeNull();
    expect(asked('payment', new Map([[history, 1000]]))).toBeNull();
  });

  it('is a cart, or to be signed in, where many pay for the cart of yesterday', () => {
    const mixed: Journeys = new Map([
      [cart, 800],
      [signedIn, 180],
      [content, 20],
    ]);
    expect(asked('payment', mixed)).toEqual(['cart', 'signed_in']);
    expect(requirementOf({ function: 'payment', write: true }, mixed, null)!.share).toBeCloseTo(0.02, 9);
  });

  it('is a cart, a log-in or a look at the account, where those who pay for the cart of yesterday begin so', () => {
    const mixed: Journeys = new Map([
      [cart | signedIn, 700],
      [login | signedIn, 150],
      [account | signedIn, 120],
      [content | signedIn, 30],
    ]);
    expect(asked('payment', mixed)).toEqual(['login', 'account', 'cart']);
  });

  it('is not asked for where people come as they like, or where little is known', () => {
    expect(
      asked(
        'payment',
        new Map([
          [cart, 700],
          [content, 300],
        ]),
      ),
    ).toBeNull();
    expect(asked('payment', new Map([[cart, 30]]))).toBeNull();
    expect(asked('payment', new Map())).toBeNull();
    expect(asked('inventory', new Map([[cart, 1000]]))).toBeNull();
  });

  it('is to be signed in wherever the site lets nobody else in, whatever an endpoint is for', () => {
    const confirmations: Journeys = new Map([
      [content | signedIn, 900],
      [signedIn, 80],
      [content, 20],
    ]);
    for (const name of ['other', 'inventory', 'search', 'cart'])
      expect(asked(name, confirmations)).toEqual(['signed_in']);
    expect(asked('other', new Map([...confirmations, [cart, 200]]))).toBeNull();
    // a log-in is what makes one so
    expect(asked('login', confirmations)).toBeNull();
  });

  it('is no cart where one asks how a payment stands', () => {
    const waiting: Journeys = new Map([[cart | content, 1000]]);
    expect(asked('payment', waiting, null, false)).toBeNull();
    expect(asked('payment', new Map([[signedIn, 1000]]), null, false)).toEqual(['signed_in']);
  });

  it('may be learned from others of its kind, a little', () => {
    const few: Journeys = new Map([[cart, 40]]);
    expect(asked('payment', few, new Map([[cart, 5000]]))).toEqual(['cart']);
    expect(asked('payment', few, new Map([[content, 5000]]))).toBeNull();
  });

  it('is a habit where most have seen several pages: who has not is counted', () => {
    const logins: Journeys = new Map([
      [content | several, 800],
      [history, 100],
      [content, 100],
    ]);
    expect(habitOf(logins, null)).toMatchObject({ required: several, share: 0.1, samples: 1000 });
    expect(habitOf(logins, null)!.upper).toBeGreaterThan(0.1);
    expect(asked('login', logins)).toBeNull();
    expect(habitOf(new Map(), new Map())).toBeNull();
  });
});
