import type { VendorServer } from './vendor-server.ts';

/** What the common contract suite needs of every stand-in, whatever the vendor. */
export interface StandIn {
  readonly server: VendorServer;
  /** Keys of the entries there now (`ip4|192.0.2.1/32`), also those that are not visible yet. */
  keys(): readonly string[];
  /** Entries of somebody else, which must never go. */
  plant(keys: readonly string[]): void;
  /** Somebody deletes the list, set or group. */
  vanish(): void;
  /** The credential is no longer good. */
  revoke(): void;
  /** Requests that the vendor would not have taken in this form, and limits that were exceeded. */
  readonly violations: readonly string[];
}
