const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

document.querySelector('#buy')?.addEventListener('click', () => worker.postMessage({ item: 'stamp', price: 1.2 }));
