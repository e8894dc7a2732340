export default defineNuxtConfig({
  compatibilityDate: '2026-01-01',
  // NUXT_PUBLIC_MAILSLOT_PROJECT_ID and so on set them.
  runtimeConfig: { public: { mailslot: { projectId: '', writeKey: '', endpoint: '' } } },
  app: { head: { title: 'Shop', link: [{ rel: 'icon', href: 'data:,' }] } },
});
