import { copyTemplate, part } from '../dom.ts';
import { findGoods, GOODS, type Goods, priceText, searchGoods } from './goods.ts';
import type { Route } from './read-route.ts';

/** Other goods shown below a goods page. */
const MAX_OTHERS = 4;

export interface ShownRoute {
  /** Title of the page, and of its tracked view. */
  title: string;
  /** Number of goods found; only for a search. */
  results?: number;
}

type Buy = (goods: Goods, button: HTMLButtonElement) => void;

/**
 * Shows a route in `main`, from the page's `<template>`s. Data becomes text or attributes, never HTML.
 * @param base the shop's own folder, as for `readRoute`
 */
export function showRoute(main: HTMLElement, route: Route, base: string, buy: Buy): ShownRoute {
  const grid = (list: readonly Goods[]) => {
    const fragment = copyTemplate('goods-grid');
    part(fragment, 'grid').append(...list.map((goods) => stamp(goods, base, buy)));
    return fragment;
  };

  if (route.name === 'search') {
    const found = searchGoods(route.term);
    const term = route.term.trim();
    const count = found.length === 1 ? 'One thing found.' : `${found.length || 'No'} things found.`;
    main.replaceChildren(heading(`Search: ${term || 'nothing'}`, count), grid(found));
    return { title: `Search: ${term}`, results: found.length };
  }

  if (route.name === 'goods') {
    const goods = findGoods(route.id);
    if (goods) {
      main.replaceChildren(goodsPage(goods, base, buy));
      return { title: goods.name };
    }
    const title = 'Not in this shop';
    main.replaceChildren(
      heading(title, 'There is nothing at this address. Everything we have is on the counter.'),
      grid(GOODS),
    );
    return { title };
  }

  const title = 'On the counter';
  const source = base === '/' ? 'from a script tag' : 'imported from npm';
  const text =
    'Paper, wax and what goes with them. Nothing is for sale, but each click is tracked for real, by mailslot ';
  main.replaceChildren(heading(title, `${text}${source}.`), grid(GOODS));
  return { title };
}

function heading(title: string, text: string): DocumentFragment {
  const fragment = copyTemplate('heading');
  part(fragment, 'title').textContent = title;
  part(fragment, 'text').textContent = text;
  return fragment;
}

function goodsPage(goods: Goods, base: string, buy: Buy): DocumentFragment {
  const page = copyTemplate('goods-page');
  part(page, 'title').textContent = goods.name;
  part(page, 'unit').textContent = goods.unit;
  part(page, 'text').textContent = goods.text;
  part<HTMLAnchorElement>(page, 'back').href = home(base);
  // Last, because the stamps contain parts with the same names.
  part(page, 'stamp').append(stamp(goods, base, buy));
  const others = GOODS.filter((other) => other !== goods).slice(0, MAX_OTHERS);
  part(page, 'others').append(...others.map((other) => stamp(other, base, buy)));
  return page;
}

/** The shop's first page: its folder without the trailing slash, or `/`. */
const home = (base: string) => (base === '/' ? base : base.slice(0, -1));

function stamp(goods: Goods, base: string, buy: Buy): DocumentFragment {
  const fragment = copyTemplate('stamp');
  part<HTMLImageElement>(fragment, 'image').src = `/assets/${goods.id}.svg`;
  const link = part<HTMLAnchorElement>(fragment, 'link');
  link.href = `${base}goods/${goods.id}`;
  link.textContent = goods.name;
  part(fragment, 'unit').textContent = goods.unit;
  part(fragment, 'price').textContent = priceText(goods.price);
  const button = part<HTMLButtonElement>(fragment, 'buy');
  button.append(screenReaderText(` ${goods.name}`));
  button.addEventListener('click', () => buy(goods, button));
  return fragment;
}

/** Tells a screen reader which of the many "Buy" buttons this is. */
function screenReaderText(text: string): HTMLElement {
  const span = document.createElement('span');
  span.className = 'unseen';
  span.textContent = text;
  return span;
}
