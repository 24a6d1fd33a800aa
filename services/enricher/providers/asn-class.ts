import { csvFields, forEachLine } from '../delimited.ts';
import { isAsnClass, type Provider } from '../provider.ts';

/** `AS9009 # comment`, `9009,M247`, `198375,"INULOGIC SARL, FR"`: the number in the first field. */
export const asnClass: Provider = {
  name: 'asn-class',
  description:
    'One ASN a line (AS123 # who, or 123,who); needs `class` hosting, isp, mobile, education or vpn',
  recognises: (_path, head) => /^(?:ASN\s*,|AS\d+\s*(?:#|,|$)|\d+\s*,\s*"?[A-Za-z])/im.test(head),
  load(file) {
    const listClass = file.class;
    if (!isAsnClass(listClass))
      throw new Error(`${file.path}: a list of ASNs needs \`class\`: hosting, isp, mobile, education or vpn`);
    const asns = new Set<number>();
    let skipped = 0;
    let first = true;
    forEachLine(file.bytes, (line) => {
      const field = csvFields(line.replace(/#.*$/, ''))[0] ?? '';
      const match = /^(?:AS)?(\d{1,10})$/i.exec(field);
      if (match !== null) asns.add(Number(match[1]));
      else if (!first && field !== '') skipped++;
      first = false;
    });
    if (asns.size === 0) throw new Error(`${file.path}: no ASN in it`);
    return {
      kinds: ['asn_class'],
      entries: asns.size,
      skipped,
      builtAt: null,
      lookup(_address, facts) {
        if (facts.asnClass === null && facts.asn !== null && asns.has(facts.asn)) facts.asnClass = listClass;
      },
    };
  },
};
