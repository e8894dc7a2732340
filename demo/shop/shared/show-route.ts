import { copyTemplate, part } from '../dom.ts';
import { findGoods, GOODS, type Goods, priceText, searchGoods } from './goods.ts';
import type { Route } from './read-route.ts';

export interface Shown {
  /** The page's title, and what a view is tracked as. */
  title: string;
  /** For a search: how many goods it found. */
  results?: number;
}

/**
 * Draws what the route asks for into `main`, out of the page's own `<template>`s. Data gets in as text and as
 * attributes, never as HTML.
 */
export function showRoute(
  main: HTMLElement,
  route: Route,
  base: string,
  buy: (goods: Goods, button: HTMLButtonElement) => void,
): Shown {
  const grid = (list: readonly Goods[]) => {
    const fragment = copyTemplate('goods-grid');
    part(fragment, 'grid').append(...list.map((goods) => stamp(goods, base, buy)));
    return fragment;
  };

  if (route.name === 'search') {
    const found = searchGoods(route.term);
    const heading = copyTemplate('heading');
    part(heading, 'title').textContent = `Search: ${route.term.trim() || 'nothing'}`;
    part(heading, 'text').textContent =
      found.length === 1 ? 'One thing found.' : `${found.length || 'No'} things found.`;
    main.replaceChildren(heading, grid(found));
    return { title: `Search: ${route.term.trim()}`, results: found.length };
  }

  if (route.name === 'goods') {
    const goods = findGoods(route.id);
    if (!goods) {
      const heading = copyTemplate('heading');
      part(heading, 'title').textContent = 'Not in this shop';
      part(heading, 'text').textContent = 'There is nothing at this address. Everything we have is on the counter.';
      main.replaceChildren(heading, grid(GOODS));
      return { title: 'Not in this shop' };
    }
    const page = copyTemplate('goods-page');
    part(page, 'title').textContent = goods.name;
    part(page, 'unit').textContent = goods.unit;
    part(page, 'text').textContent = goods.text;
    part<HTMLAnchorElement>(page, 'back').href = home(base);
    // Last, for a stamp has parts of the same names.
    part(page, 'stamp').append(stamp(goods, base, buy));
    part(page, 'others').append(
      ...GOODS.filter((other) => other !== goods)
        .slice(0, 4)
        .map((other) => stamp(other, base, buy)),
    );
    main.replaceChildren(page);
    return { title: goods.name };
  }

  const heading = copyTemplate('heading');
  part(heading, 'title').textContent = 'On the counter';
  part(heading, 'text').textContent =
    `Paper, wax and what goes with them. Nothing is for sale, but each click is tracked for real, by mailslot ${
      base === '/' ? 'from a script tag' : 'imported from npm'
    }.`;
  main.replaceChildren(heading, grid(GOODS));
  return { title: 'On the counter' };
}

/** The shop's first page: its folder, without the slash at the end where it has a name. */
const home = (base: string) => (base === '/' ? base : base.slice(0, -1));

function stamp(goods: Goods, base: string, buy: (goods: Goods, button: HTMLButtonElement) => void) {
  const fragment = copyTemplate('stamp');
  const image = part<HTMLImageElement>(fragment, 'image');
  image.src = `/pages/assets/${goods.id}.svg`;
  const link = part<HTMLAnchorElement>(fragment, 'link');
  link.href = `${base}goods/${goods.id}`;
  link.textContent = goods.name;
  part(fragment, 'unit').textContent = goods.unit;
  part(fragment, 'price').textContent = priceText(goods.price);
  const button = part<HTMLButtonElement>(fragment, 'buy');
  button.append(unseen(` ${goods.name}`));
  button.addEventListener('click', () => buy(goods, button));
  return fragment;
}

/** For screen readers only: a page with eight buttons "Buy" says nothing. */
function unseen(text: string) {
  const span = document.createElement('span');
  span.className = 'unseen';
  span.textContent = text;
  return span;
}
