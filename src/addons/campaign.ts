import { mask } from './mask.ts';

/** The campaign that led to a view. */
export interface Campaign {
  /** UTM parameters without their prefix, and `ref` or `source` as `source`; at most 100 characters each. */
  campaign?: Partial<Record<'source' | 'medium' | 'campaign' | 'term' | 'content' | 'id', string>>;
  /** The name of the click id that was in the address, such as `gclid`. */
  click?: string;
  /** The click id itself; only with `clickIds: 'value'`. */
  click_id?: string;
}

export interface CampaignOptions {
  /** `'value'` also records the click id, which identifies a person to its network. @default 'name' */
  clickIds?: 'name' | 'value';
}

/** UTM parameters, other names of a source, click ids (`gclid`, `fbclid`, `ttclid` and so on). */
const PARAMETER =
  /^(?:utm_(source|medium|campaign|term|content|id)|(ref|source)|([a-z]{1,2}clid|gclsrc|[gw]braid|gad_source|msclkid|li_fat_id|igshid|rdt_cid|epik|sccid|_kx|mc_cid|ko_click_id))$/;

/**
 * Reads the campaign from the address: `views(tracker, { extend: campaign })`. Of click ids it tells which one was there,
 * not its value, which is personal data.
 */
export function campaign({ clickIds }: CampaignOptions = {}): Campaign {
  const found: Campaign = {};
  const names: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(globalThis.location?.search)) {
    const [, utm, site, click] = PARAMETER.exec(name) ?? [];
    if (utm) names[utm] = mask(value, 100);
    if (site) names.source ??= mask(value, 100);
    if (utm || site) found.campaign = names;
    if (click) {
      found.click ??= click;
      if (clickIds === 'value') found.click_id ??= value;
    }
  }
  return found;
}
