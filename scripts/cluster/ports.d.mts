/** Different ports of the loopback address that nothing listens on. */
export function freePorts(count: number): Promise<number[]>;
