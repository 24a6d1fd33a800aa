import { formatIp, type Network, networkText, parseNetwork } from '../../../lib/ip.ts';

/** Attributes that are the client's address, as detection writes it (lib/signature/attributes.ts). */
const written = { client_ip: formatIp, network_24_48: networkText } as const;
export type AddressAttribute = keyof typeof written;

export const isAddressAttribute = (attribute: string): attribute is AddressAttribute =>
  Object.hasOwn(written, attribute);

/**
 * The network whose addresses have this value. null: none has it. Values are compared as texts, so one that detection
 * would write in another way (`::ffff:192.0.2.1`, `192.0.2.7/24`, a network of another length) equals none either.
 */
export function networkOfValue(attribute: AddressAttribute, value: string): Network | null {
  const network = parseNetwork(value);
  return network !== null && written[attribute](network.address) === value ? network : null;
}
