import type { Filter } from './filter.ts';
import type { Timeframe } from './timeframe.ts';

// Queries as the storage port takes them: validated, in instants without time zones, with the filters of an Access Key.

/** Any value that an event can hold. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Selects the events of a query. */
export interface Selection {
  collection: string;
  /** An event has to pass all of them. */
  filters: Filter[];
  /** Applies to `keen.timestamp`. Without a timeframe, all events are selected. */
  timeframe: Timeframe | undefined;
}

/**
 * One aggregate. Numeric metrics ignore values that are not numbers; `count_unique` and `select_unique` ignore missing
 * and null values [U]. The minimum and maximum of `keen.timestamp` and `keen.created_at` are times in ISO 8601. Without
 * any value, a count or a sum is 0, a list is empty, and the other metrics are null [U].
 */
export type Measure = { filters: Filter[] } & (
  | { metric: 'count' }
  | { metric: 'count_unique' | 'sum' | 'average' | 'minimum' | 'maximum' | 'select_unique'; property: string }
  /** The population's standard deviation, not a sample's [U]. */
  | { metric: 'standard_deviation'; property: string }
  /** From 0 to 100; interpolates linearly between two values. */
  | { metric: 'percentile'; property: string; percentile: number }
);

export interface Order {
  /** Index of a measure, or of a property in `groupBy`. */
  by: { measure: number } | { group: number };
  descending: boolean;
}

/** Aggregates of the selected events: over all of them, by group, by slice of time, or by group and slice. */
export interface Analysis extends Selection {
  type: 'analysis';
  measures: Measure[];
  /** Paths of the properties whose values form a group; missing and null are the same value [U]. */
  groupBy: string[];
  /** Parts of the timeframe, in order, without gaps. */
  slices: Timeframe[] | undefined;
  /** Order of the groups within each slice [U]; by the groups' values if empty. */
  order: Order[];
  /** Maximum number of groups in each slice [U]. */
  limit: number | undefined;
}

export interface Extraction extends Selection {
  type: 'extraction';
  /** Selects only so many of the newest events, newest first. */
  latest: number | undefined;
  /** Dotted paths of the properties to return of each event; all by default. */
  properties: string[] | undefined;
  /** Returns a part of the events, by time of arrival. */
  page?: Page | undefined;
  /** Has no limit of rows, because the answer is written as they are read. */
  unlimited?: boolean;
}

/** A part of an extraction. An event that was stored before the first page is on exactly one. */
export interface Page {
  /** Most events. */
  size: number;
  /** Arrival of the latest events of all pages, in milliseconds since 1970. */
  until: number;
  /** The last event of the page before. */
  after: { createdAt: number; id: string } | undefined;
}

export interface Step extends Selection {
  /** Path of the property that identifies an actor. */
  actor: string;
  /** Keeps the actors without such an event, instead of those with one. */
  inverted: boolean;
  /** Whether actors without such an event stay in later steps. */
  optional: boolean;
  /** Whether the answer lists the actors. */
  withActors: boolean;
}

/** Counts, for each step, the actors that have passed all steps before it, in any order of time [U]. */
export interface Funnel {
  type: 'funnel';
  steps: Step[];
  /** Counts a step only if its event is later than that of the step before; an addition to Keen's API. */
  order?: Ordered | undefined;
}

export interface Ordered {
  /** Most milliseconds from the event of the first step to that of any other. */
  within: number | undefined;
}

/** A validated query. */
export type Query = Analysis | Extraction | Funnel;

/** The rows of each type of query. */
export interface Rows {
  /** One row for each group and slice with events; without groups and slices always one row. */
  analysis: {
    /** Index of the slice; 0 without slices. */
    slice: number;
    /** Values of the properties in `groupBy`. */
    group: Json[];
    /** Values of the measures. */
    values: Json[];
  };
  /** An event's JSON. In order of arrival; newest first if the query has `latest`. */
  extraction: string;
  /** One row for each step. */
  funnel: { count: number; actors: Json[] | undefined };
}
