import type { Filter } from '../model/filter.ts';
import type { Misdated } from '../model/overview.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Selection } from '../model/query.ts';
import { shownName } from '../model/shown-name.ts';

/**
 * Warns of collections and properties that are not in the schema, because most of them are misspelt, and of misdated
 * events, which a timeframe leaves out.
 * @param forcedFilters how many filters of each selection are an Access Key's, which no answer shows
 */
export async function warningsFor(
  query: Query,
  forcedFilters: number,
  schema: ReadonlyMap<string, PropertyTypes>,
  misdatedIn: (collection: string) => Promise<Misdated>,
): Promise<string[]> {
  const own = ({ filters }: Selection) => propertiesOf(filters.slice(forcedFilters));
  const warn = async ({ collection }: Selection, paths: string[]): Promise<string[]> => {
    const types = schema.get(collection);
    if (!types) return [`The schema has no collection ${shownName(collection)}.`];
    const unknown = paths.filter((path) => !isKnown(path, types));
    return [
      ...unknown.map((path) => `The schema of ${shownName(collection)} has no property ${shownName(path)}.`),
      ...misdatedWarning(collection, await misdatedIn(collection)),
    ];
  };
  switch (query.type) {
    case 'funnel':
      return unique((await Promise.all(query.steps.map((step) => warn(step, [step.actor, ...own(step)])))).flat());
    case 'extraction':
      return unique(await warn(query, [...(query.properties ?? []), ...own(query)]));
    case 'analysis': {
      const measured = query.measures.flatMap((measure) => [
        ...('property' in measure ? [measure.property] : []),
        ...propertiesOf(measure.filters),
      ]);
      return unique(await warn(query, [...measured, ...query.groupBy, ...own(query)]));
    }
  }
}

function misdatedWarning(collection: string, { future, past }: Misdated): string[] {
  const parts = [
    ...(future ? [`${future} dated more than a day after their arrival`] : []),
    ...(past ? [`${past} dated more than ten years before it`] : []),
  ];
  return parts.length
    ? [`Of the events of ${shownName(collection)}, there are ${parts.join(', and ')}. A timeframe goes by these dates.`]
    : [];
}

const propertiesOf = (filters: Filter[]): string[] =>
  filters.flatMap((filter) => (filter.operator === 'or' ? propertiesOf(filter.operands) : [filter.property]));

const unique = (warnings: string[]) => [...new Set(warnings)];

/** The schema has the innermost properties only, so the path of an object is the start of theirs. */
const isKnown = (path: string, types: PropertyTypes) =>
  types.has(path) || [...types.keys()].some((known) => known.startsWith(`${path}.`));
