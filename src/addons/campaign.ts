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

const CLICK_ID =
  /^(gclid|gclsrc|dclid|gbraid|wbraid|gad_source|fbclid|msclkid|twclid|li_fat_id|igshid|ttclid|rdt_cid|epik|qclid|sccid|irclid|_kx|mc_cid|ko_click_id)$/;

/**
 * Reads the campaign from the address: `views(tracker, { extend: campaign })`. Of click ids it tells which one was there,
 * not its value, which is personal data.
 */
export function campaign({ clickIds }: CampaignOptions = {}): Campaign {
  const found: Campaign = {};
  if (typeof location === 'undefined') return found;
  const names: Record<string, string> = {};
  let referrer: string | undefined;
  for (const [name, value] of new URLSearchParams(location.search)) {
    const text = mask(value).slice(0, 100);
    const [, part] = /^utm_(source|medium|campaign|term|content|id)$/.exec(name) ?? [];
    if (part) names[part] ??= text;
    else if (/^(ref|source)$/.test(name)) referrer ??= text;
    else if (CLICK_ID.test(name)) {
      found.click ??= name;
      if (clickIds === 'value') found.click_id ??= value;
    }
  }
  if (referrer) names.source ??= referrer;
  if (Object.keys(names).length) found.campaign = names;
  return found;
}
