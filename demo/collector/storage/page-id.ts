/** A page's nonce has 96 random bits; 64 of them distinguish pages well enough. */
export const pageId = (nonce: string): bigint => BigInt.asUintN(64, BigInt(nonce));
