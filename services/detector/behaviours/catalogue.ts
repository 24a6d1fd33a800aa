import { accountSpraying } from './account-spraying.ts';
import { addressRotation } from './address-rotation.ts';
import type { Behaviour } from './behaviour.ts';
import { contradictedBrowsers } from './contradicted-browsers.ts';
import { enumeration } from './enumeration.ts';
import { fewCookies } from './few-cookies.ts';
import { foreignCountries } from './foreign-countries.ts';
import { hostileInfrastructure } from './hostile-infrastructure.ts';
import { loginFailures } from './login-failures.ts';
import { loginFailuresOfANetwork } from './login-failures-of-a-network.ts';
import { loginFailuresOfAnOperator } from './login-failures-of-an-operator.ts';
import { missRatio } from './miss-ratio.ts';
import { noEarlierPage } from './no-earlier-page.ts';
import { objectWalking } from './object-walking.ts';
import { oneClientVolume } from './one-client-volume.ts';
import { outdatedBrowsers } from './outdated-browsers.ts';
import { paymentWithoutCart } from './payment-without-cart.ts';
import { serialLookUps } from './serial-look-ups.ts';
import { sessionRotation } from './session-rotation.ts';
import { shareOfTraffic } from './share-of-traffic.ts';
import { shiftToAnalogue } from './shift-to-analogue.ts';
import { slowFailures } from './slow-failures.ts';
import { undocumentedEndpoints } from './undocumented-endpoints.ts';
import { unrealBrowsers } from './unreal-browsers.ts';
import { volume } from './volume.ts';

/** Every behaviour that Tidegate measures, as its reference lists them. */
export const behaviours: readonly Behaviour[] = [
  hostileInfrastructure,
  sessionRotation,
  foreignCountries,
  loginFailures,
  loginFailuresOfAnOperator,
  loginFailuresOfANetwork,
  volume,
  shareOfTraffic,
  undocumentedEndpoints,
  enumeration,
  serialLookUps,
  missRatio,
  noEarlierPage,
  paymentWithoutCart,
  outdatedBrowsers,
  unrealBrowsers,
  contradictedBrowsers,
  fewCookies,
  addressRotation,
  accountSpraying,
  slowFailures,
  objectWalking,
  oneClientVolume,
  shiftToAnalogue,
];
