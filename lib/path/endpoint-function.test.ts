import { expect, test } from 'vitest';
import { createFunctionClassifier, endpointPattern } from './endpoint-function.ts';

const classify = createFunctionClassifier([
  { endpoint: 'POST /api/knock', function: 'login' },
  { endpoint: '/internal/*', function: 'other' },
]);

test.each([
  ['POST', '/api/login', 'login'],
  ['POST', '/partner/v2/login', 'login'],
  ['POST', '/partner/v2/sign-in', 'login'],
  ['POST', '/v2/partnerLogin', 'login'],
  ['POST', '/oauth/token', 'login'],
  ['POST', '/sessions', 'login'],
  ['GET', '/session', 'other'],
  ['POST', '/wallet/session', 'payment'],
  ['POST', '/checkout/session', 'payment'],
  ['POST', '/logout', 'other'],
  ['POST', '/api/knock', 'login'],
  ['POST', '/internal/login', 'other'],
  ['POST', '/checkout/payment', 'payment'],
  ['POST', '/cart/checkout', 'payment'],
  ['GET', '/orders/{number}', 'account'],
  ['POST', '/orders', 'payment'],
  ['GET', '/orders/{number}/pay', 'payment'],
  ['GET', '/mobile/v1/bestellungen/{number}', 'account'],
  ['POST', '/api/v3/pay', 'payment'],
  ['GET', '/stores/{number}/stock', 'inventory'],
  ['GET', '/mobile/v1/availability', 'inventory'],
  ['GET', '/store-locator', 'inventory'],
  ['GET', '/products/{code}', 'other'],
  ['POST', '/cart/items', 'cart'],
  ['GET', '/search', 'search'],
  ['GET', '/accounts/{number}', 'account'],
  ['GET', '/me', 'account'],
  ['GET', '/assets/login.js', 'content'],
  ['GET', '/index.html', 'content'],
  ['GET', '/', 'content'],
  ['GET', '/v2/{login}', 'other'],
  ['POST', '/userlogin', 'login'],
  ['POST', '/ajaxLogin.php', 'login'],
  ['POST', '/cart/addtocart', 'cart'],
  ['GET', '/checkstock/{number}', 'inventory'],
  ['GET', '/getaway', 'other'],
  ['GET', '/p/leather-bag', 'other'],
  ['GET', '/p/user-friendly-lamp', 'other'],
  ['GET', '/bag', 'cart'],
  ['GET', '/shopping-bag', 'cart'],
  ['POST', '/placeOrder', 'payment'],
  ['POST', '/place-order', 'payment'],
  ['POST', '/placeorder', 'payment'],
  ['POST', '/add-to-cart', 'cart'],
  ['POST', '/v5/holds', 'cart'],
  ['POST', '/events/{number}/hold', 'cart'],
  ['GET', '/accounts/{number}/holds', 'account'],
  ['POST', '/payments/{id}/hold', 'payment'],
  ['GET', '/user-profile', 'account'],
  ['POST', '/auth/register', 'account'],
  ['POST', '/auth/password/login', 'login'],
  ['POST', '/auth/login-with-password', 'login'],
  ['POST', '/reset-password', 'account'],
  ['GET', '/events/{number}/seats', 'inventory'],
  ['POST', '/konto/anmelden', 'login'],
  ['POST', '/konto/abmelden', 'other'],
  ['POST', '/kunden/registrieren', 'account'],
  ['POST', '/se-connecter', 'login'],
  ['POST', '/iniciar-sesion', 'login'],
  ['GET', '/Zahlung/Direkt.aspx', 'payment'],
  ['POST', '/warenkorb/artikel', 'cart'],
  ['GET', '/api/produits/{number}/disponibilite/{number}', 'inventory'],
  ['GET', '/verf%C3%BCgbarkeit/{number}', 'inventory'],
  ['POST', '/v1/payments/authorize', 'payment'],
  ['POST', '/auth/wallet', 'login'],
  ['POST', '/oauth2/authorize', 'login'],
  ['POST', '/payment/login', 'login'],
  ['GET', '/%E0%A4%A/stock', 'inventory'],
])('%s %s is %s', (method, template, expected) => {
  expect(classify(method, template)).toBe(expected);
});

test('patterns match the whole endpoint and take special characters as they are', () => {
  expect(endpointPattern('POST /a/{number}.json')('POST /a/{number}.json')).toBe(true);
  expect(endpointPattern('POST /a/{number}.json')('POST /a/{number}xjson')).toBe(false);
  expect(endpointPattern('/a')('GET /a')).toBe(true);
  expect(endpointPattern('/a')('GET /a/b')).toBe(false);
  expect(endpointPattern('/a/*/c')('PUT /a/b/b/c')).toBe(true);
});
