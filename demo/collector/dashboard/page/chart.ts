import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import { classFor, colourOf, cssColour } from './colours.ts';
import type { DashboardData } from './data.ts';
import { count, exact, tick } from './format.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const OTHERS = 'others';

/** Events over time, one bar for each slice, stacked by collection. Returns a function that shows new data. */
export function arrivalsChart(canvas: HTMLCanvasElement): (data: DashboardData) => void {
  let shown: DashboardData | undefined;
  const chart = new Chart<'bar', number[], number>(canvas, {
    type: 'bar',
    data: { labels: [], datasets: [] },
    options: {
      animation: false, // it would start anew with each refresh
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          stacked: true,
          grid: { display: false },
          ticks: {
            maxRotation: 0,
            autoSkipPadding: 24,
            callback: (_, index) => tick(slices(shown)[index] ?? 0, shown?.width ?? 0),
          },
        },
        y: {
          stacked: true,
          beginAtZero: true,
          suggestedMax: 4,
          border: { display: false },
          ticks: { precision: 0, maxTicksLimit: 5 },
        },
      },
      plugins: {
        tooltip: {
          filter: ({ raw }) => Number(raw) > 0,
          callbacks: {
            title: ([item]) => (item ? exact(slices(shown)[item.dataIndex] ?? 0) : ''),
            label: ({ dataset, raw }) => ` ${dataset.label}: ${count(Number(raw))}`,
          },
        },
      },
    },
  });

  function show(data: DashboardData): void {
    shown = data;
    const at = slices(data);
    chart.data.labels = at;
    const kept = new Map(chart.data.datasets.map((dataset) => [dataset.label, dataset]));
    // The same objects as before where there are any, or the chart takes all for new and an open tooltip flickers.
    chart.data.datasets = series(data, at).map((fresh) => Object.assign(kept.get(fresh.label) ?? {}, fresh));
    paint(chart);
    chart.update();
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shown && show(shown));
  return show;
}

/** The start of each slice. */
function slices(data: DashboardData | undefined): number[] {
  if (!data) return [];
  const last = Math.floor(data.now / data.width) * data.width;
  return Array.from(
    { length: Math.round((last - data.since) / data.width) + 1 },
    (_, index) => data.since + index * data.width,
  );
}

function series(data: DashboardData, at: number[]) {
  const colours = colourOf(data.collections);
  const rows = new Map<string, number[]>();
  for (const [start, collection, events] of data.arrivals) {
    const label = colours.has(collection) ? collection : OTHERS;
    const row = rows.get(label) ?? at.map(() => 0);
    rows.set(label, row);
    const index = Math.round((start - data.since) / data.width);
    if (index in row) row[index] = row[index]! + events;
  }
  return [...rows]
    .sort(([a], [b]) => (colours.get(a) ?? 99) - (colours.get(b) ?? 99))
    .map(([label, row]) => ({
      label,
      data: row,
      backgroundColor: cssColour(classFor(colours.get(label)) || 'series-other'),
      barPercentage: 0.9,
      categoryPercentage: 0.95,
      maxBarThickness: 40,
    }));
}

/** Colours come from the stylesheet, so light and dark are decided in one place. */
function paint({ options }: Chart<'bar', number[], number>): void {
  const font = { family: cssColour('sans'), size: 12 };
  for (const scale of [options.scales!.x!, options.scales!.y!]) {
    Object.assign(scale.ticks!, { color: cssColour('soft'), font });
    scale.grid = { ...scale.grid, color: cssColour('line') };
  }
  Object.assign(options.plugins!.tooltip!, {
    backgroundColor: cssColour('ink'),
    titleColor: cssColour('paper'),
    bodyColor: cssColour('paper'),
    titleFont: font,
    bodyFont: font,
    cornerRadius: 3,
    padding: 10,
  });
}
