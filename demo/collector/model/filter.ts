export type Primitive = string | number | boolean | null;

/** A validated condition on one property, or the alternatives of an `or`, of which an event has to pass one. */
export type Filter = Condition | { operator: 'or'; operands: Filter[] };

/** A validated condition on one property. */
export type Condition = { property: string } & (
  | { operator: 'eq' | 'ne'; operand: Primitive | Primitive[] }
  | { operator: 'lt' | 'lte' | 'gt' | 'gte'; operand: string | number }
  | { operator: 'exists'; operand: boolean }
  | { operator: 'in'; operand: Primitive[] }
  | { operator: 'contains' | 'not_contains'; operand: Primitive }
  | { operator: 'regex'; operand: string }
  | { operator: 'within'; operand: Circle }
);

/** A circle on the globe. */
export interface Circle {
  /** Degrees. */
  longitude: number;
  /** Degrees. */
  latitude: number;
  miles: number;
}
