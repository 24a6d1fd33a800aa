import { expect, test } from 'vitest';
import { countedScopes } from './counted-scopes.ts';

const login = { kind: 'endpoint', key: 'POST bank.example/login' };
const via = (partner: string, endpoint = login.key) => ({
  kind: 'partner_endpoint',
  key: `${endpoint} via ${partner}`,
});
const from = (country: string) => ({ kind: 'country_endpoint', key: `${login.key} from ${country}` });

test('no request counts twice', () => {
  expect(countedScopes([login, via('a'), via('b')])).toEqual([login]);
  expect(countedScopes([via('a'), via('b'), from('VN')])).toEqual([via('a'), via('b')]);
  const mobile = via('a', 'POST api.bank.example/login');
  expect(countedScopes([via('a'), login, mobile])).toEqual([login, mobile]);
  expect(countedScopes([login, { kind: 'site', key: '' }])).toEqual([{ kind: 'site', key: '' }]);
  expect(countedScopes([])).toEqual([]);
});
