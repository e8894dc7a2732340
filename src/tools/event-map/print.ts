import type { ObjectShape, Shape } from './shape.ts';

const HEADER = `// Written by \`mailslot types\`: the events that the collector has stored. Do not edit it, but run the command again.
`;

/** The order in unions. */
const SCALARS = ['string', 'number', 'boolean', 'null'] as const;

/** Ascending by code units, so that the text is the same on every machine. */
const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/**
 * Prints a TypeScript module with the interface `Events`, for `createTracker<Events>()`.
 *
 * @param collections collection → the shape of its events
 */
export function printEvents(collections: Map<string, Shape>): string {
  const members = [...collections]
    .sort(byName)
    .map(
      ([name, { object }]) =>
        `  ${nameOf(name)}: ${objectType(object ?? { count: 0, properties: new Map() }, '  ')};\n`,
    );
  return `${HEADER}export interface Events {\n${members.join('')}}\n`;
}

function typeOf({ scalars, object, elements }: Shape, indent: string): string {
  const types: string[] = SCALARS.filter((scalar) => scalars.has(scalar));
  if (object) types.push(objectType(object, indent));
  if (elements) types.push(listType(elements, indent));
  return types.join(' | ') || 'unknown';
}

function listType(elements: Shape, indent: string): string {
  const type = typeOf(elements, indent);
  return type.includes(' | ') && !isOneObject(elements) ? `(${type})[]` : `${type}[]`;
}

const isOneObject = ({ scalars, object, elements }: Shape) => object !== undefined && !scalars.size && !elements;

function objectType({ count, properties }: ObjectShape, indent: string): string {
  if (!properties.size) return 'Record<string, never>';
  const inner = `${indent}  `;
  const members = [...properties].sort(byName).map(([name, property]) => {
    const optional = property.count < count || property.count === 0 ? '?' : '';
    return `${inner}${nameOf(name)}${optional}: ${typeOf(property.shape, inner)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

/** A property's name, in quotes if it is no identifier. */
function nameOf(name: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(name)) return name;
  // JSON also escapes control characters and lone surrogates. A line separator would end the line.
  const text = JSON.stringify(name).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${text.replace(/[\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)}'`;
}
