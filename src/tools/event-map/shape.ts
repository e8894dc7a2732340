/** The values that were seen in one place: of a property, of the elements of its lists, or of a whole event. */
export interface Shape {
  scalars: Set<'string' | 'number' | 'boolean' | 'null'>;
  /** If a value was an object. */
  object?: ObjectShape;
  /** If a value was a list: its elements. */
  elements?: Shape;
}

export interface ObjectShape {
  /** Objects that were seen. */
  count: number;
  properties: Map<string, Property>;
}

export interface Property {
  /** Objects that had it. Fewer than all: it is optional. */
  count: number;
  shape: Shape;
}

export const emptyShape = (): Shape => ({ scalars: new Set() });

/** Adds a value, as JSON represents it. */
export function addValue(shape: Shape, value: unknown): void {
  if (Array.isArray(value)) {
    shape.elements ??= emptyShape();
    for (const element of value) addValue(shape.elements, element);
  } else if (value === null) {
    shape.scalars.add('null');
  } else if (typeof value === 'object') {
    shape.object ??= { count: 0, properties: new Map() };
    shape.object.count += 1;
    // Of the value's own, also if one is named `__proto__`.
    for (const [name, inner] of Object.entries(value)) addProperty(shape.object, name, inner);
  } else {
    shape.scalars.add(typeof value as 'string' | 'number' | 'boolean');
  }
}

function addProperty({ properties }: ObjectShape, name: string, value: unknown): void {
  const property = properties.get(name) ?? { count: 0, shape: emptyShape() };
  property.count += 1;
  addValue(property.shape, value);
  properties.set(name, property);
}

/**
 * Adds a property of the collector's schema: its path with dots, and the name of its type. The schema keeps the first
 * type of each property that an event ever had. A property that no event of the sample has is optional.
 */
export function addSchemaType(shape: Shape, path: string[], type: string): void {
  const [name, ...rest] = path;
  if (name === undefined) {
    addTypeName(shape, type);
    return;
  }
  shape.object ??= { count: 0, properties: new Map() };
  const property = shape.object.properties.get(name) ?? { count: 0, shape: emptyShape() };
  shape.object.properties.set(name, property);
  addSchemaType(property.shape, rest, type);
}

function addTypeName(shape: Shape, type: string): void {
  if (type === 'array') shape.elements ??= emptyShape();
  else if (type === 'num') shape.scalars.add('number');
  else if (type === 'bool') shape.scalars.add('boolean');
  else if (type === 'null') shape.scalars.add('null');
  // `string`, and `datetime`, which is text too.
  else shape.scalars.add('string');
}
