import type { Filter } from './filter.ts';
import type { Timeframe } from './timeframe.ts';

// Queries as every engine gets them: checked, in instants and not in zones, and with what an Access Key forces onto them.

/** Any value that an event can hold. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Which events a query is about. */
export interface Selection {
  collection: string;
  filters: Filter[];
  /** Compared with `keen.timestamp`; all of time where there is none. */
  timeframe: Timeframe | undefined;
}

/**
 * One figure. Numeric ones look at numbers only, and `count_unique` and `select_unique` at what is neither missing nor null
 * [U]. Of nothing, a count and a sum are 0, a list is empty, and the others are null [U].
 */
export type Measure = { filters: Filter[] } & (
  | { metric: 'count' }
  | { metric: 'count_unique' | 'sum' | 'average' | 'minimum' | 'maximum' | 'select_unique'; property: string }
  /** Of the whole population, not of a sample [U]. */
  | { metric: 'standard_deviation'; property: string }
  /** From 0 to 100; between two values, the point on the line that joins them. */
  | { metric: 'percentile'; property: string; percentile: number }
);

export interface Order {
  /** The index of a measure, or of a property in `groupBy`. */
  by: { measure: number } | { group: number };
  descending: boolean;
}

/** Figures of the selected events: of all, of each group, of each slice of time, or of each group in each slice. */
export interface Analysis extends Selection {
  type: 'analysis';
  measures: Measure[];
  /** Paths of properties. Events belong together where all of these have the same value; missing and null are one value [U]. */
  groupBy: string[];
  /** Parts of the timeframe, in order and without gaps. */
  slices: Timeframe[] | undefined;
  /** Of the groups, in each slice by itself [U]; where nothing is said, by the groups' values. */
  order: Order[];
  /** Groups that are wanted, in each slice [U]. */
  limit: number | undefined;
}

export interface Extraction extends Selection {
  type: 'extraction';
  /** Only this many of the newest, newest first. */
  latest: number | undefined;
  /** Only these properties of each event, as dotted paths. */
  properties: string[] | undefined;
}

export interface Step extends Selection {
  actor: string;
  /** Goes on with those who did not. */
  inverted: boolean;
  /** Counts, but lets everyone go on. */
  optional: boolean;
  /** The actors themselves are wanted too. */
  withActors: boolean;
}

/** How many of the actors of the steps before are in each step too. When they were is not compared [U]. */
export interface Funnel {
  type: 'funnel';
  steps: Step[];
}

/** A checked query. */
export type Query = Analysis | Extraction | Funnel;

/** What a query of each type is answered with. */
export interface Rows {
  /** A row for each group of each slice that has events; without groups and slices, always one. */
  analysis: {
    /** The index of the slice; 0 where there are none. */
    slice: number;
    /** The value of each property in `groupBy`. */
    group: Json[];
    /** The value of each measure. */
    values: Json[];
  };
  /** The JSON text of an event, in order of arrival, or newest first where the query has a limit. */
  extraction: string;
  /** A row for each step. */
  funnel: { count: number; actors: Json[] | undefined };
}
