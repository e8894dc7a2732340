/** One of the shop's goods. The shop, its goods and its prices are made up. */
export interface Goods {
  /** Part of the URL and of the drawing's file name. */
  id: string;
  name: string;
  /** The packet's content, in one line. */
  unit: string;
  /** In pounds. */
  price: number;
  text: string;
}

export const GOODS: readonly Goods[] = [
  {
    id: 'envelopes',
    name: 'Laid envelopes',
    unit: 'Packet of ten',
    price: 3.2,
    text: 'Ribbed paper, deep flap, gummed edge. They take a seal well and a fountain pen better.',
  },
  {
    id: 'stamps',
    name: 'Penny lilacs',
    unit: 'Sheet of twenty',
    price: 12,
    text: 'Twenty stamps in one sheet, perforated fourteen to the two centimetres. Tear slowly.',
  },
  {
    id: 'sealing-wax',
    name: 'Sealing wax',
    unit: 'Two sticks',
    price: 5.4,
    text: 'Shellac wax that breaks when it is opened, as wax should. Enough for about forty letters.',
  },
  {
    id: 'brass-seal',
    name: 'Brass seal',
    unit: 'Oak handle',
    price: 18.5,
    text: 'A turned oak handle over a brass face with an open envelope cut into it. Breathe on it before use.',
  },
  {
    id: 'airmail-pad',
    name: 'Airmail pad',
    unit: 'Fifty leaves',
    price: 4.6,
    text: 'Thin enough for four leaves at the lowest rate, strong enough for both sides.',
  },
  {
    id: 'ink',
    name: 'Iron-gall ink',
    unit: '50 ml',
    price: 9.8,
    text: 'Goes on pale, turns black overnight and stays. Not for pens you cannot take apart.',
  },
  {
    id: 'letter-opener',
    name: 'Letter opener',
    unit: 'Blunt by law',
    price: 14,
    text: 'One piece of steel, no edge to speak of, opens everything but a tin.',
  },
  {
    id: 'twine',
    name: 'Parcel twine',
    unit: 'Thirty metres',
    price: 2.9,
    text: 'Red and white cotton, four strands. Holds a knot without a finger on it.',
  },
];

export const findGoods = (id: string) => GOODS.find((goods) => goods.id === id);

/** Goods with the term in their name, unit or text, ignoring case; none if the term is blank. */
export function searchGoods(term: string): Goods[] {
  const wanted = term.trim().toLowerCase();
  if (!wanted) return [];
  return GOODS.filter(({ name, unit, text }) => `${name} ${unit} ${text}`.toLowerCase().includes(wanted));
}

export const priceText = (price: number) => `£${price.toFixed(2)}`;
