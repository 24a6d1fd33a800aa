const templateSql = "substring(endpoint, position(endpoint, ' ') + 1)";

/** Key of the endpoint scope that a row of `requests` belongs to: `METHOD host/template`. */
export const scopeKeySql = `concat(method, ' ', host, ${templateSql})`;

const segments = `splitByChar('/', lower(${templateSql}))`;

/** Keys of the routes that it could belong to, an array: `METHOD *template` as it is, and with each of its words left open. */
export const routeKeysSql = `arrayMap(
      at -> concat(method, ' *', arrayStringConcat(
        arrayMap((segment, of) -> if(of = at, '{word}', segment), ${segments}, arrayEnumerate(${segments})), '/')),
      range(0, toUInt32(length(${segments})) + 1))`;
