import { Component, inject } from '@angular/core';
import { RouterLink, RouterOutlet } from '@angular/router';
import { TRACKER } from './tracker';

@Component({
  imports: [RouterLink],
  template: `
    <h1>Shop</h1>
    <button (click)="buy()">Buy</button>
    <a routerLink="/about">About</a>
  `,
})
export class Shop {
  private readonly tracker = inject(TRACKER);

  buy() {
    this.tracker.track('purchases', { item: 'stamp', price: 1.2 });
  }
}

@Component({ template: '<h1>About</h1>' })
export class About {}

@Component({ selector: 'shop-root', imports: [RouterOutlet], template: '<router-outlet />' })
export class Root {}
