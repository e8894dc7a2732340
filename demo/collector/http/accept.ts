/**
 * The offered media type that an Accept header prefers (RFC 9110, 12.5.1): the most specific range decides about a type,
 * and the highest q-value wins. Without a preference, or if it accepts none, the first.
 */
export function preferredType<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type {
  const ranges = (accept ?? '*/*').split(',').map((item) => {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { range, q: q === undefined ? 1 : /^[01](\.\d{0,3})?$/.test(q) ? Number(q) : 0 };
  });
  const qualityOf = (type: string) => {
    const names = [type, type.replace(/\/.*/, '/*'), '*/*'];
    const matching = names.map((name) => ranges.filter(({ range }) => range === name)).find((found) => found.length);
    return Math.max(0, ...(matching ?? []).map(({ q }) => q));
  };
  return offered.reduce((best, type) => (qualityOf(type) > qualityOf(best) ? type : best));
}
