import {
  DestroyRef,
  InjectionToken,
  inject,
  makeEnvironmentProviders,
  provideEnvironmentInitializer,
} from '@angular/core';
import { createTracker, type Tracker } from 'mailslot';
import { type ViewEvents, views } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

export const TRACKER = new InjectionToken<Tracker<ShopEvents>>('mailslot', {
  providedIn: 'root',
  factory: () =>
    createTracker<ShopEvents>({
      projectId: 'PROJECT_ID',
      writeKey: 'WRITE_KEY',
      endpoint: 'https://collector.example',
    }),
});

/** Counts views from the start of the application to its end. */
export const provideViews = () =>
  makeEnvironmentProviders([
    provideEnvironmentInitializer(() => {
      inject(DestroyRef).onDestroy(views(inject(TRACKER)));
    }),
  ]);
