// A writer for MaxMind's database format, with just the parts that the tests need:
// https://maxmind.github.io/MaxMind-DB/
type Value = string | number | Value[] | { [name: string]: Value };

const TYPES = { double: 3, uint16: 5, map: 7, uint64: 9, array: 11, string: 2 };
/** Bytes between the tree and the data. Offsets in the tree include them. */
const SEPARATOR_BYTES = 16;

/**
 * Makes the bytes of a database.
 * @param networks network, such as `81.2.69.0/24` or `2001:db8::/32` → its record; no network may contain another
 */
export function makeMmdb(networks: Record<string, Value>): Buffer {
  const records = Object.values(networks).map(encode);
  const tree: [left?: number | Node, right?: number | Node] = [];
  let offset = 0;
  Object.keys(networks).forEach((network, index) => {
    addNetwork(tree, network, offset);
    offset += records[index]!.length;
  });
  const nodes = number(tree);
  const rows = nodes.map((node) => {
    const row = Buffer.alloc(6);
    // The number of a node; the number of nodes, if there is no record; above it, the offset of a record.
    [0, 1].forEach((side) => {
      const to = node[side as 0 | 1];
      const value =
        to === undefined
          ? nodes.length
          : typeof to === 'number'
            ? nodes.length + SEPARATOR_BYTES + to
            : nodes.indexOf(to);
      row.writeUIntBE(value, side * 3, 3);
    });
    return row;
  });
  const about = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test-City',
    description: { en: 'Made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([
    ...rows,
    Buffer.alloc(SEPARATOR_BYTES),
    ...records,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    about,
  ]);
}

type Node = [left?: number | Node, right?: number | Node];

/** Walks the network's bits from the root, adds missing nodes, and stores the offset of its record in the last one. */
function addNetwork(root: Node, network: string, record: number): void {
  const bits = bitsOf(network);
  let node = root;
  [...bits].forEach((bit, index) => {
    const side = Number(bit) as 0 | 1;
    if (index === bits.length - 1) node[side] = record;
    else node = (node[side] ??= []) as Node;
  });
}

/** The bits that all addresses of a network share. The format has IPv4 addresses in `::/96`. */
function bitsOf(network: string): string {
  const [address, length] = network.split('/') as [string, string];
  const binary = (number: number, digits: number) => number.toString(2).padStart(digits, '0');
  if (!address.includes(':'))
    return (
      '0'.repeat(96) +
      address
        .split('.')
        .map((byte) => binary(Number(byte), 8))
        .join('')
        .slice(0, Number(length))
    );
  const [before, after] = address.split('::').map((part) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => binary(parseInt(group, 16), 16))
      .join(''),
  );
  return `${before}${'0'.repeat(128 - before!.length - after!.length)}${after}`.slice(0, Number(length));
}

const number = (node: Node): Node[] => [node, ...node.flatMap((child) => (Array.isArray(child) ? number(child) : []))];

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TYPES.string, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([control(TYPES.array, value.length), ...value.map(encode)]);
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    return Buffer.concat([
      control(TYPES.map, entries.length),
      ...entries.flatMap(([name, inner]) => [encode(name), encode(inner)]),
    ]);
  }
  const wide = Buffer.alloc(8);
  if (!Number.isInteger(value)) {
    wide.writeDoubleBE(value);
    return Buffer.concat([control(TYPES.double, 8), wide]);
  }
  wide.writeBigUInt64BE(BigInt(value));
  return value < 65_536
    ? Buffer.concat([control(TYPES.uint16, 2), wide.subarray(6)])
    : Buffer.concat([control(TYPES.uint64, 8), wide]);
}

/** The one or two bytes in front of a value: its type and length. Lengths over 28 are not supported. */
function control(type: number, size: number): Buffer {
  if (size > 28) throw new Error('too long for this small encoder');
  return type < 8 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]);
}
