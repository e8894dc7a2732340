import { bootstrapApplication } from '@angular/platform-browser';
import { provideRouter } from '@angular/router';
import { About, Root, Shop } from './app/shop';
import { provideViews } from './app/tracker';

bootstrapApplication(Root, {
  providers: [
    provideRouter([
      { path: '', component: Shop },
      { path: 'about', component: About },
    ]),
    provideViews(),
  ],
}).catch(console.error);
