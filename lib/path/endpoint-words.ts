import type { EndpointFunction } from './endpoint-function.ts';

const words = (...texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => text.split(' ')));

/** By these somebody is let in, and below them a password is asked for. */
const logInNames =
  'login signin logon sso authenticate anmelden einloggen seconnecter iniciarsesion acceder entrar accedi inloggen aanmelden zaloguj';
const passwordNames = 'password passwort motdepasse wachtwoord haslo';

/**
 * What words of a path say an endpoint is for, in order: a payment below a cart is a payment. English, German, French,
 * Spanish, Portuguese, Italian, Dutch and Polish, without accents (`wordsOf` takes them off). Compound words are looked up
 * with and without their joint.
 */
export const byWord: readonly (readonly [EndpointFunction, ReadonlySet<string>])[] = [
  [
    'login',
    words(
      logInNames,
      'auth authn authentication authorize authorise saml idp passkey passcode otp mfa 2fa',
      'verifypassword checkpassword validatepassword verifypin checkpin validatepin pinverify mpin magiclink',
      'connexion logowanie',
    ),
  ],
  [
    'payment',
    words(
      'pay payment payments checkout checkouts wallet wallets order orders purchase purchases buy charge charges paynow buynow',
      'transfer transfers payout payouts topup withdraw withdrawal withdrawals cashout remittance remittances sendmoney p2p',
      'applepay googlepay gpay samsungpay donate donation donations',
      'zahlung zahlungen zahlen bezahlen bezahlung kasse bestellen bestellung bestellungen uberweisung uberweisungen ueberweisung ueberweisungen',
      'paiement paiements payer commande commandes commander virement virements',
      'pago pagos pagar pedido pedidos compra comprar transferencia transferencias pagamento pagamentos',
      'pagamenti ordine ordini acquista bonifico bonifici',
      'betalen betaling betalingen bestelling bestellingen afrekenen platnosc platnosci zamowienie zamowienia',
    ),
  ],
  [
    'inventory',
    words(
      'stock stocks inventory availability availabilities available avail storelocator locator storefinder storelookup storestock',
      'findastore findinstore pickupinstore clickandcollect sku skus restock instock stockcheck stocklevel stocklevels stocklookup',
      'seats seatmap seatmaps vacancies timeslots deliveryslots pickupslots pickuppoints pickuplocations collectionslots appointmentslots availableslots',
      'verfugbarkeit verfuegbarkeit bestand bestande bestaende lagerbestand filialbestand filialfinder marktfinder',
      'disponibilite disponibilites disponibilidad disponibilidade disponibilita existencias giacenza voorraad beschikbaarheid dostepnosc',
    ),
  ],
  [
    'cart',
    words(
      'cart carts basket baskets bag trolley shoppingbag shoppingbasket booking bookings reservation reservations',
      'warenkorb einkaufswagen buchung buchungen reservierung reservierungen panier carrito carrinho reserva reservas',
      'carrello prenotazione prenotazioni winkelwagen winkelmand winkelmandje reservering koszyk',
    ),
  ],
  [
    'search',
    words(
      'search query autocomplete suggest suggestions typeahead catalogsearch sitesearch searchresults',
      'suche suchen recherche rechercher buscar busqueda busca ricerca zoeken szukaj',
    ),
  ],
  [
    'account',
    words(
      passwordNames,
      'account accounts profile profiles me user users customer customers register registration signup',
      'konto konten kundenkonto benutzer kunde kunden profil registrieren registrierung',
      'compte comptes utilisateur utilisateurs inscription cuenta cuentas usuario usuarios perfil registro conta contas',
      'utente utenti profilo registrazione gebruiker registreren uzytkownik rejestracja',
    ),
  ],
];

/** Names of things, too: among other words they say something only beside a verb. `/p/leather-bag` is no cart. */
export const weak = words(
  'available bag basket baskets buy charge charges me order query trolley user users kunde kunden compra busca',
);
export const verbs = words('add check create get list make my new place set show submit to update view');

/** What an `/auth/` is for when it ends so. */
export const enrolling = words(
  passwordNames,
  'register registration signup registrieren registrierung inscription registro registrazione registreren rejestracja',
);

/** Below these a password is asked for, unless one of the others says that it is made anew. */
export const loggingIn = words(logInNames, 'oauth oauth2');
export const passwordWords = words(passwordNames, 'contrasena senha');
export const renewing = words(
  'reset forgot forgotten lost change recover recovery renew set update new vergessen zurucksetzen oublie olvido recuperar reinitialiser',
);

/** Log-ins by themselves, and a step of a payment beside its words. */
export const paymentSteps = words('authorize authorise authorization authorisation');

/** Payment words that also name what came of one: to read it is to look at one's account. */
export const records = words(
  'order orders bestellung bestellungen commande commandes pedido pedidos ordine ordini bestelling bestellingen',
  'zamowienie zamowienia donations transfers payouts purchases charges withdrawals remittances',
);

/** Verbs after which a record is not read but made. */
export const making = words('add create make new place set submit update');

/** Seats, rooms and tickets kept for somebody until he pays: a cart when it is made. A bank's `holds`, read, are none. */
export const reserving = words('hold holds reserve');
/** What is looked up before buying, where it is read; to send goods is another matter. */
export const onHand = words('fulfillment fulfilment');

/** Places that are looked for around one: a look-up of what is available there, as in a store locator. */
export const places = words('stores stations branches outlets chargers atms filialen');
export const around = words('near nearby nearest closest');

/** Created by a log-in; reading or ending one is none. */
export const sessionWords = words('credential credentials session sessions token tokens');
/**
 * Nor is what a television asks every few seconds until its owner confirms a code on another device (RFC 8628), nor a token that messages
 * are sent to, or that a form carries.
 */
export const notLogin = words(
  'logout signout refresh revoke introspect abmelden ausloggen deconnexion cerrarsesion uitloggen wyloguj',
  'devicecode devicecodes devicetoken devicetokens pushtoken pushtokens fcmtoken apnstoken csrftoken xsrftoken',
);
export const contentFolder = words('static assets images img css js fonts media');
