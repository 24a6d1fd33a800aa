import { expect, it, test } from 'vitest';
import { askedOf, createOperations, defaultOperations, withoutOperation } from './operations.ts';
import type { Endpoint } from './template.ts';

const endpoint = (name: string): Endpoint =>
  Object.freeze({ name, function: 'other', documented: null, operation: null });
const graphql = endpoint('POST /graphql');

const operations = (onFull?: () => void) =>
  createOperations({
    endpoints: defaultOperations,
    functions: [{ endpoint: 'POST /graphql#knock', function: 'login' }],
    ...(onFull === undefined ? {} : { onFull }),
  });

test.each([
  ['LoginUser', 'login'],
  ['customerAccessTokenCreate', 'login'],
  ['createSession', 'login'],
  ['CurrentSession', 'other'],
  ['auth.login', 'login'],
  ['knock', 'login'],
  ['PlaceOrder', 'payment'],
  ['checkoutCompleteWithCreditCard', 'payment'],
  ['StoreAvailability', 'inventory'],
  ['AddToCart', 'cart'],
  ['CartQuery', 'cart'],
  ['SearchProducts', 'search'],
  ['HomePageQuery', 'other'],
  ['UserProfile', 'account'],
])('%s is %s', (operation, expected) => {
  expect(operations()(graphql, operation)).toMatchObject({
    name: 'POST /graphql',
    operation,
    function: expected,
  });
});

it('tells operations apart where an endpoint serves several, and nowhere else', () => {
  const of = operations();
  for (const name of ['POST /graphql', 'GET /api/{date}/graphql.json', 'POST /v1/gql', 'POST /rpc'])
    expect(of(endpoint(name), 'Get').operation).toBe('Get');
  for (const name of ['POST /login', 'GET /rpc/list', 'POST /shop.Cart/Add'])
    expect(of(endpoint(name), 'Get').operation).toBeNull();
});

it('is one object for each, and the endpoint where nothing readable is asked for', () => {
  const of = operations();
  const asked = of(graphql, 'LoginUser');
  expect(of(graphql, 'LoginUser')).toBe(asked);
  expect(askedOf(asked)).toBe('POST /graphql#LoginUser');
  expect(withoutOperation(askedOf(asked))).toBe('POST /graphql');
  expect(of(graphql, 'textDocument/didOpen').operation).toBe('textDocument.didOpen');
  for (const nothing of [null, '', 'query { login(email: "a@b.example") }', '#', 'a'.repeat(101)])
    expect(of(graphql, nothing)).toBe(graphql);
});

it('counts operations beyond 500 with their endpoint', () => {
  let full = 0;
  const of = operations(() => full++);
  for (let index = 0; index < 500; index++) of(graphql, `Op${index}`);
  expect(of(graphql, 'Another')).toBe(graphql);
  expect(full).toBe(1);
  expect(of(graphql, 'Op7').operation).toBe('Op7');
});
