import { views } from 'mailslot/views';
import { createApp } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import About from './About.vue';
import App from './App.vue';
import Shop from './Shop.vue';
import { tracker } from './tracker';

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: Shop },
    { path: '/about', component: About },
  ],
});

createApp(App).use(router).mount('#app');

// It follows the address, so it needs no hook of the router.
views(tracker);
