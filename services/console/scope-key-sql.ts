/** Key of the endpoint scope that a row of `requests` belongs to: `METHOD host/template`. */
export const scopeKeySql = "concat(method, ' ', host, substring(endpoint, position(endpoint, ' ') + 1))";

/** Key of its route: `METHOD *template`. */
export const routeKeySql = "concat(method, ' *', substring(endpoint, position(endpoint, ' ') + 1))";
