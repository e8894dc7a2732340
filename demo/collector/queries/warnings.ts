import type { Filter } from '../model/filter.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Selection } from '../model/query.ts';
import { shownName } from '../model/shown-name.ts';

/**
 * Warns of collections and properties that are not in the schema: most of them are misspelt.
 * @param forcedFilters how many filters of each selection are an Access Key's, which no answer shows
 */
export function warningsFor(query: Query, forcedFilters: number, schema: ReadonlyMap<string, PropertyTypes>): string[] {
  const own = ({ filters }: Selection) => propertiesOf(filters.slice(forcedFilters));
  const warn = ({ collection }: Selection, paths: string[]): string[] => {
    const types = schema.get(collection);
    if (!types) return [`The schema has no collection ${shownName(collection)}.`];
    return paths
      .filter((path) => !isKnown(path, types))
      .map((path) => `The schema of ${shownName(collection)} has no property ${shownName(path)}.`);
  };
  switch (query.type) {
    case 'funnel':
      return unique(query.steps.flatMap((step) => warn(step, [step.actor, ...own(step)])));
    case 'extraction':
      return unique(warn(query, [...(query.properties ?? []), ...own(query)]));
    case 'analysis': {
      const measured = query.measures.flatMap((measure) => [
        ...('property' in measure ? [measure.property] : []),
        ...propertiesOf(measure.filters),
      ]);
      return unique(warn(query, [...measured, ...query.groupBy, ...own(query)]));
    }
  }
}

const propertiesOf = (filters: Filter[]): string[] =>
  filters.flatMap((filter) => (filter.operator === 'or' ? propertiesOf(filter.operands) : [filter.property]));

const unique = (warnings: string[]) => [...new Set(warnings)];

/** The schema has the innermost properties only, so the path of an object is the start of theirs. */
const isKnown = (path: string, types: PropertyTypes) =>
  types.has(path) || [...types.keys()].some((known) => known.startsWith(`${path}.`));
