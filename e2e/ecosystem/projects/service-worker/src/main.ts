document.querySelector('#buy')?.addEventListener('click', async () => {
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ item: 'stamp', price: 1.2 });
});

void navigator.serviceWorker.register('/service-worker.js');
